package dev.ash.node.api;

import dev.ash.node.agents.AgentVersions;
import dev.ash.node.agents.Agents.Outcome;
import dev.ash.protocol.http.EntityTag;
import dev.ash.protocol.http.IfMatch;
import dev.ash.protocol.id.AgentName;
import dev.ash.protocol.id.TenantId;
import dev.ash.protocol.session.Rejection;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** The default tenant's {@code mock-agent} with two versions, of which the second is active. */
final class FakeVersions implements AgentVersions {
  static final String ID = "1d9639b8-8d78-468b-8a22-54ac2efa39a7";
  static final Version ONE = version(1, false);
  static final Version TWO = version(2, true);

  final List<Object> asked = new ArrayList<>();

  record Created(Text text, Optional<String> cloneFrom) {}

  private static Version version(int number, boolean active) {
    return new Version(
        ID.replaceFirst("1", "" + number),
        TenantId.DEFAULT,
        new AgentName("mock-agent"),
        number,
        "v" + number,
        Optional.of("be " + number),
        Optional.empty(),
        active,
        active ? Optional.of(List.of("a.md")) : Optional.empty(),
        ApiServer.NOW,
        ApiServer.NOW,
        EntityTag.strong("v" + number + "-1"));
  }

  @Override
  public CompletionStage<Outcome<List<Version>>> list(TenantId tenant, AgentName agent) {
    return answer(tenant, agent, Optional.of(List.of(TWO, ONE)));
  }

  @Override
  public CompletionStage<Outcome<Version>> create(
      TenantId tenant, AgentName agent, Text text, Optional<String> cloneFrom) {
    asked.add(new Created(text, cloneFrom));
    if (cloneFrom.filter(source -> !source.equals("1")).isPresent()) {
      return CompletableFuture.completedStage(
          new Outcome.Refused<>(
              new Rejection(
                  Rejection.Code.INVALID, "Source version " + cloneFrom.get() + " not found")));
    }
    return answer(tenant, agent, Optional.of(ONE));
  }

  @Override
  public CompletionStage<Outcome<Version>> find(TenantId tenant, AgentName agent, String which) {
    return one(tenant, agent, which);
  }

  @Override
  public CompletionStage<Outcome<Version>> patch(
      TenantId tenant, AgentName agent, String which, Text text, IfMatch guard) {
    asked.add(text);
    return guarded(guard, one(tenant, agent, which));
  }

  @Override
  public CompletionStage<Outcome<Version>> delete(
      TenantId tenant, AgentName agent, String which, IfMatch guard) {
    asked.add("delete " + which);
    return guarded(guard, one(tenant, agent, which));
  }

  @Override
  public CompletionStage<Outcome<Version>> activate(
      TenantId tenant, AgentName agent, String which, IfMatch guard) {
    asked.add("activate " + which);
    return guarded(guard, one(tenant, agent, which));
  }

  private static CompletionStage<Outcome<Version>> guarded(
      IfMatch guard, CompletionStage<Outcome<Version>> answer) {
    return answer.thenApply(
        outcome ->
            outcome instanceof Outcome.Done<Version>(var version)
                ? guard
                    .mismatch(Optional.of(version.tag()))
                    .<Outcome<Version>>map(Outcome.Stale::new)
                    .orElse(outcome)
                : outcome);
  }

  @Override
  public CompletionStage<Optional<String>> activePrompt(TenantId tenant, AgentName agent) {
    return CompletableFuture.completedStage(TWO.systemPrompt());
  }

  private static CompletionStage<Outcome<Version>> one(
      TenantId tenant, AgentName agent, String which) {
    return answer(
        tenant,
        agent,
        List.of(ONE, TWO).stream()
            .filter(v -> which.equals(v.id()) || which.equals("" + v.number()))
            .findFirst());
  }

  private static <T> CompletionStage<Outcome<T>> answer(
      TenantId tenant, AgentName agent, Optional<T> value) {
    var known = tenant.equals(TenantId.DEFAULT) && agent.equals(ONE.agent());
    Optional<Rejection> why =
        known && value.isPresent()
            ? Optional.empty()
            : Optional.of(
                new Rejection(
                    Rejection.Code.NOT_FOUND, known ? "Version not found" : "Agent not found"));
    return CompletableFuture.completedStage(
        why.<Outcome<T>>map(Outcome.Refused::new)
            .orElseGet(() -> new Outcome.Done<>(value.orElseThrow())));
  }
}
