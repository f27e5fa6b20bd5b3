package dev.ash.node.session;

import dev.ash.node.agents.AgentVersions;
import dev.ash.node.agents.Agents;
import dev.ash.node.credentials.SealedVariables;
import dev.ash.node.session.Sessions.NewSession;
import dev.ash.node.session.Sessions.Result;
import dev.ash.node.session.Sessions.Session;
import dev.ash.protocol.id.Digest;
import dev.ash.protocol.id.SessionId;
import dev.ash.protocol.id.TenantId;
import dev.ash.protocol.json.Json;
import dev.ash.protocol.session.Rejection;
import dev.ash.protocol.session.SessionEvent.AgentFolder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;

/** Makes sessions of an agent as it is now, while there is room; with a key only one of each. */
final class SessionCreation {
  private static final String NO_ROOM =
      "Sandbox capacity reached and no evictable sandboxes (all running)";

  private final SessionEntities entities;
  private final Agents agents;
  private final AgentVersions versions;
  private final SessionPlacement placement;
  private final SealedVariables variables;
  private final Executor blocking;

  SessionCreation(
      SessionEntities entities,
      Agents agents,
      AgentVersions versions,
      SessionPlacement placement,
      SealedVariables variables,
      Executor blocking) {
    this.entities = entities;
    this.agents = agents;
    this.versions = versions;
    this.placement = placement;
    this.variables = variables;
    this.blocking = blocking;
  }

  CompletionStage<Result<Session>> create(TenantId tenant, NewSession request) {
    var refusal = GivenEnvironment.refusal(request.environment());
    if (refusal.isPresent()) {
      return refused(refusal.get().code(), refusal.get().detail());
    }
    return agents
        .find(tenant, request.agent())
        .thenCombine(prompt(tenant, request), FoundAgent::new)
        .thenCompose(
            both -> {
              var found = both.agent();
              if (found.isEmpty()) {
                return refused(
                    Rejection.Code.NOT_FOUND, "Agent \"" + request.agent() + "\" not found");
              }
              if (!placement.hasRoom()) {
                return refused(Rejection.Code.NO_CAPACITY, NO_ROOM);
              }
              return create(tenant, request, found.get(), both.prompt());
            });
  }

  /** An agent and what its active version says. */
  private record FoundAgent(Optional<Agents.Agent> agent, Optional<String> prompt) {}

  private CompletionStage<Optional<String>> prompt(TenantId tenant, NewSession request) {
    return request.activePrompt() && request.settings().systemPrompt().isEmpty()
        ? versions.activePrompt(tenant, request.agent())
        : CompletableFuture.completedStage(Optional.empty());
  }

  private CompletionStage<Result<Session>> create(
      TenantId tenant, NewSession request, Agents.Agent agent, Optional<String> prompt) {
    var id = newId(tenant, request.idempotencyKey());
    return sealed(id, request.environment())
        .thenCompose(
            environment ->
                entities.ask(
                    id,
                    replyTo ->
                        new SessionCommand.Create(
                            tenant,
                            new AgentFolder(agent.name(), agent.version(), agent.folder()),
                            request.settings().orPrompt(prompt),
                            environment,
                            Optional.empty(),
                            request.idempotencyKey().map(key -> digest(key, request)),
                            Optional.empty(),
                            replyTo)))
        .thenApply(reply -> SessionResult.shown(id, reply));
  }

  /** Sealed before they go to the owner: there, and on the way, nobody has to read them. */
  private CompletionStage<Map<String, String>> sealed(SessionId id, Map<String, String> given) {
    return given.isEmpty()
        ? CompletableFuture.completedStage(given)
        : CompletableFuture.supplyAsync(() -> variables.seal(id, given), blocking);
  }

  /** A key names its session, so that the same key finds the same one, whatever failed between. */
  private SessionId newId(TenantId tenant, Optional<String> key) {
    if (key.isEmpty()) {
      return placement.draw();
    }
    var name = "create/" + tenant.value() + "/" + key.get();
    var hash = UUID.nameUUIDFromBytes(name.getBytes(StandardCharsets.UTF_8));
    var version4 = (hash.getMostSignificantBits() & ~0xF000L) | 0x4000L;
    return SessionId.of(new UUID(version4, hash.getLeastSignificantBits()));
  }

  /** The key is in it, so that nobody finds out environment values by trying. */
  private static Digest digest(String key, NewSession request) {
    var fields =
        Json.mapper()
            .createArrayNode()
            .add(key)
            .add(request.agent().value())
            .add(StoredDirectory.settingsJson(request.settings()));
    new TreeMap<>(request.environment()).forEach((name, value) -> fields.add(name).add(value));
    return Digest.of(fields.toString().getBytes(StandardCharsets.UTF_8));
  }

  private static CompletionStage<Result<Session>> refused(Rejection.Code code, String detail) {
    return CompletableFuture.completedFuture(new Result.Refused<>(new Rejection(code, detail)));
  }
}
