package dev.ash.node.agents;

import dev.ash.node.upload.Content;
import dev.ash.protocol.http.EntityTag;
import dev.ash.protocol.http.IfMatch;
import dev.ash.protocol.http.Mismatch;
import dev.ash.protocol.id.AgentName;
import dev.ash.protocol.id.Digest;
import dev.ash.protocol.id.TenantId;
import dev.ash.protocol.session.Rejection;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.util.ByteString;

/** What may be done with deployed agents (contract/ash-api.md section 2.4, rows A1 to A11). */
public interface Agents {

  /** A1. Deploying a name again adds a version; sessions keep the version they were made with. */
  default CompletionStage<Outcome<Agent>> deploy(TenantId tenant, Deployment deployment) {
    return deploy(tenant, deployment, new IfMatch.Any());
  }

  /** The same over one of the states that the guard allows, which may be that there is none. */
  CompletionStage<Outcome<Agent>> deploy(TenantId tenant, Deployment deployment, IfMatch guard);

  /** A2, sorted by name. */
  CompletionStage<List<Agent>> list(TenantId tenant);

  /** A3. */
  CompletionStage<Optional<Agent>> find(TenantId tenant, AgentName name);

  /** A4; its sessions are the caller's business. */
  default CompletionStage<Outcome<Agent>> delete(TenantId tenant, AgentName name) {
    return delete(tenant, name, new IfMatch.Any());
  }

  /** The same in one of the states that the guard allows. */
  CompletionStage<Outcome<Agent>> delete(TenantId tenant, AgentName name, IfMatch guard);

  /** A5: {@code env} replaces, {@code configJson} is merged into what is there. */
  default CompletionStage<Outcome<Agent>> patch(
      TenantId tenant,
      AgentName name,
      Optional<Map<String, String>> env,
      Optional<String> configJson) {
    return patch(tenant, name, env, configJson, new IfMatch.Any());
  }

  /** The same in one of the states that the guard allows. */
  CompletionStage<Outcome<Agent>> patch(
      TenantId tenant,
      AgentName name,
      Optional<Map<String, String>> env,
      Optional<String> configJson,
      IfMatch guard);

  /** A8: without the names that are never shown. */
  CompletionStage<Outcome<OfAgent<List<FileInfo>>>> files(TenantId tenant, AgentName name);

  /** A9. */
  CompletionStage<Outcome<OfAgent<FileContent>>> file(TenantId tenant, AgentName name, String path);

  /** A10: all or none; a new version of the folder, not of the agent. Answers how many. */
  CompletionStage<Outcome<OfAgent<Integer>>> writeFiles(
      TenantId tenant, AgentName name, List<UploadedFile> files, IfMatch guard);

  /** A11. */
  CompletionStage<Outcome<OfAgent<String>>> deleteFile(
      TenantId tenant, AgentName name, String path, IfMatch guard);

  /** Something about an agent's folder, and the {@link Agent#tag} of the agent that has it. */
  record OfAgent<T>(T value, EntityTag tag) {}

  /**
   * What A1 sends.
   *
   * @param path a folder on the server: absolute, or relative to the data folder; it is copied
   * @param env empty keeps what an earlier version had
   * @param idempotencyKey the same key deploys once, and is answered with the version it made
   */
  record Deployment(
      AgentName name,
      Optional<String> path,
      Optional<String> systemPrompt,
      List<UploadedFile> files,
      Optional<Map<String, String>> env,
      Optional<String> idempotencyKey) {
    public Deployment {
      files = List.copyOf(files);
    }
  }

  /** A file as it was sent. */
  record UploadedFile(String path, Content content) {}

  /**
   * A deployed agent.
   *
   * @param path what the wire calls the agent's path: where its folder was deployed from or, for an
   *     uploaded one, {@code <data>/agents/<tenant>/<name>}
   * @param env in clear; the API masks it
   * @param configJson an object, {@code {}} when nothing was set
   * @param folder manifest of the current files
   * @param tag is another one after every change of the agent, its config or its folder
   */
  record Agent(
      String id,
      TenantId tenant,
      AgentName name,
      int version,
      String path,
      Map<String, String> env,
      String configJson,
      Digest folder,
      Instant createdAt,
      Instant updatedAt,
      EntityTag tag) {
    public Agent {
      env = Map.copyOf(env);
    }
  }

  record FileInfo(String path, long size, Instant modified) {}

  record FileContent(String path, ByteString bytes) {}

  /** What was asked for, or why not. */
  sealed interface Outcome<T> {
    record Done<T>(T value) implements Outcome<T> {}

    record Refused<T>(Rejection why) implements Outcome<T> {}

    /** It is in a state in which the caller does not want it changed. */
    record Stale<T>(Mismatch why) implements Outcome<T> {}
  }
}
