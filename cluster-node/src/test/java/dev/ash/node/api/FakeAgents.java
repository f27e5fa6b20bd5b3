package dev.ash.node.api;

import dev.ash.node.agents.Agents;
import dev.ash.protocol.http.EntityTag;
import dev.ash.protocol.http.IfMatch;
import dev.ash.protocol.id.AgentName;
import dev.ash.protocol.id.Digest;
import dev.ash.protocol.id.TenantId;
import dev.ash.protocol.session.Rejection;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.util.ByteString;

/** Knows the agents {@code mock-agent} and {@code managed}, and remembers what it was asked. */
final class FakeAgents implements Agents {
  static final Agent MOCK =
      agent(
          "9f6639b8-8d78-468b-8a22-54ac2efa39a7",
          "mock-agent",
          "/srv/research/ash-agents/mock-agent",
          Instant.parse("2026-11-22T01:02:07.938Z"),
          Map.of());
  static final Agent MANAGED =
      agent(
          "f956d4d3-deda-402a-810f-91f9e7304efd",
          "managed",
          "/srv/research/ash-data/a1/agents/managed",
          Instant.parse("2026-11-22T01:02:08.002Z"),
          Map.of("SECRET", "x"));

  final List<Object> asked = new ArrayList<>();
  Optional<Rejection> refusal = Optional.empty();
  FileContent file = new FileContent("CLAUDE.md", ByteString.fromString("# hi\n"));

  record Patched(Optional<Map<String, String>> env, Optional<String> config) {}

  private static Agent agent(
      String id, String name, String path, Instant at, Map<String, String> env) {
    return new Agent(
        id,
        TenantId.DEFAULT,
        new AgentName(name),
        1,
        path,
        env,
        "{\"a\":1}",
        Digest.of(new byte[0]),
        at,
        at,
        EntityTag.strong(id + "-1"));
  }

  private <T> CompletionStage<Outcome<T>> answer(Object question, AgentName name, T value) {
    asked.add(question);
    var why =
        name.value().equals("mock-agent") || name.value().equals("managed")
            ? refusal
            : Optional.of(new Rejection(Rejection.Code.NOT_FOUND, "Agent not found"));
    return CompletableFuture.completedStage(
        why.<Outcome<T>>map(Outcome.Refused::new).orElseGet(() -> new Outcome.Done<>(value)));
  }

  @Override
  public CompletionStage<Outcome<Agent>> deploy(
      TenantId tenant, Deployment deployment, IfMatch guard) {
    asked.add(deployment);
    var known = Optional.of(MOCK).filter(agent -> agent.name().equals(deployment.name()));
    var mismatch = guard.mismatch(known.map(Agent::tag));
    return CompletableFuture.completedStage(
        refusal
            .<Outcome<Agent>>map(Outcome.Refused::new)
            .or(() -> mismatch.map(Outcome.Stale::new))
            .orElseGet(
                () ->
                    new Outcome.Done<>(
                        deployment.name().value().equals("managed") ? MANAGED : MOCK)));
  }

  @Override
  public CompletionStage<List<Agent>> list(TenantId tenant) {
    return CompletableFuture.completedStage(List.of(MANAGED, MOCK));
  }

  @Override
  public CompletionStage<Optional<Agent>> find(TenantId tenant, AgentName name) {
    return CompletableFuture.completedStage(
        Optional.of(MOCK).filter(agent -> agent.name().equals(name)));
  }

  @Override
  public CompletionStage<Outcome<Agent>> delete(TenantId tenant, AgentName name, IfMatch guard) {
    return guarded(guard, answer("delete " + name, name, MOCK));
  }

  @Override
  public CompletionStage<Outcome<Agent>> patch(
      TenantId tenant,
      AgentName name,
      Optional<Map<String, String>> env,
      Optional<String> configJson,
      IfMatch guard) {
    return guarded(guard, answer(new Patched(env, configJson), name, MOCK));
  }

  private static <T> CompletionStage<Outcome<T>> guarded(
      IfMatch guard, CompletionStage<Outcome<T>> answer) {
    var mismatch = guard.mismatch(Optional.of(MOCK.tag()));
    return answer.thenApply(
        outcome ->
            outcome instanceof Outcome.Done<T> && mismatch.isPresent()
                ? new Outcome.Stale<>(mismatch.get())
                : outcome);
  }

  private static <T> OfAgent<T> ofAgent(T value) {
    return new OfAgent<>(value, MOCK.tag());
  }

  @Override
  public CompletionStage<Outcome<OfAgent<List<FileInfo>>>> files(TenantId tenant, AgentName name) {
    return answer(
        "files",
        name,
        ofAgent(List.of(new FileInfo("CLAUDE.md", 5, Instant.parse("2026-11-22T01:02:07.938Z")))));
  }

  @Override
  public CompletionStage<Outcome<OfAgent<FileContent>>> file(
      TenantId tenant, AgentName name, String path) {
    return answer("file " + path, name, ofAgent(file));
  }

  @Override
  public CompletionStage<Outcome<OfAgent<Integer>>> writeFiles(
      TenantId tenant, AgentName name, List<UploadedFile> files, IfMatch guard) {
    return guarded(guard, answer(files, name, ofAgent(files.size())));
  }

  @Override
  public CompletionStage<Outcome<OfAgent<String>>> deleteFile(
      TenantId tenant, AgentName name, String path, IfMatch guard) {
    return guarded(guard, answer("deleteFile " + path, name, ofAgent(path)));
  }
}
