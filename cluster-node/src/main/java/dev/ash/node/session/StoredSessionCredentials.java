package dev.ash.node.session;

import dev.ash.config.Secret;
import dev.ash.node.credentials.Credentials;
import dev.ash.node.credentials.Credentials.Found;
import dev.ash.node.credentials.SealedVariables;
import dev.ash.node.credentials.SealedVariables.Opened;
import dev.ash.node.credentials.SessionCredentials;
import dev.ash.persistence.table.SessionRow;
import dev.ash.persistence.table.SessionTable;
import dev.ash.protocol.id.SessionId;
import dev.ash.protocol.id.TenantId;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;

/**
 * Looks up which credential a session was made with. That never changes and is kept; the credential
 * itself is looked up anew after a moment, so that one that was deleted is soon refused. Threads
 * may share it.
 */
public final class StoredSessionCredentials implements SessionCredentials {
  private static final int KEPT = 10_000;
  private static final Duration TRUST = Duration.ofSeconds(10);

  private final SessionTable table;
  private final Credentials credentials;
  private final SealedVariables variables;
  private final InstantSource clock;
  private final Executor blocking;
  private final Map<SessionId, Known> known = bounded();

  /**
   * What is known of a session.
   *
   * @param credential empty if the choice stands for ever
   */
  private record Known(Optional<Bound> credential, Choice choice, Instant until) {}

  private record Bound(TenantId tenant, String credential) {}

  public StoredSessionCredentials(
      SessionTable table,
      Credentials credentials,
      SealedVariables variables,
      InstantSource clock,
      Executor blocking) {
    this.table = table;
    this.credentials = credentials;
    this.variables = variables;
    this.clock = clock;
    this.blocking = blocking;
  }

  @Override
  public CompletionStage<Choice> of(SessionId session) {
    var kept = kept(session);
    if (kept.isEmpty()) {
      return CompletableFuture.supplyAsync(() -> table.find(session).map(this::made), blocking)
          .thenCompose(
              made ->
                  made.isEmpty()
                      ? CompletableFuture.completedStage(
                          new Choice.Unusable("the session does not exist any more"))
                      : choose(session, made.get()));
    }
    return kept.get().credential().isEmpty() || clock.instant().isBefore(kept.get().until())
        ? CompletableFuture.completedStage(kept.get().choice())
        : choose(session, kept.get().credential());
  }

  /** What a session was made with. */
  private record Made(SessionRow row, Opened variables) {}

  private Made made(SessionRow row) {
    return new Made(row, variables.open(row.id(), StoredDirectory.environment(row)));
  }

  /** What it was made with beats the credential that it names, as with all variables. */
  private CompletionStage<Choice> choose(SessionId session, Made made) {
    var row = made.row();
    var given =
        switch (made.variables()) {
          case Opened.Plain(var values) -> GivenEnvironment.key(values);
          case Opened.Unreadable(var why) ->
              Optional.<Choice>of(new Choice.Unusable("its extraEnv cannot be read: " + why));
        };
    return given.isPresent()
        ? CompletableFuture.completedStage(keep(session, Optional.empty(), given.get()))
        : choose(
            session,
            StoredDirectory.session(row)
                .settings()
                .credentialId()
                .map(id -> new Bound(row.tenant(), id)));
  }

  private CompletionStage<Choice> choose(SessionId session, Optional<Bound> credential) {
    return credential
        .map(
            bound ->
                credentials
                    .find(bound.tenant(), bound.credential())
                    .thenApply(found -> choice(bound.credential(), found)))
        .orElseGet(() -> CompletableFuture.completedStage(new Choice.OfNode()))
        .thenApply(choice -> keep(session, credential, choice));
  }

  private static Choice choice(String credential, Found found) {
    return switch (found) {
      case Found.Unusable(var why) ->
          new Choice.Unusable("its credential " + credential + " cannot be used: " + why);
      case Found.Usable(var type, var key) ->
          switch (type) {
            case ANTHROPIC -> ofAnthropic(credential, key);
            case OPENAI, BEDROCK, CUSTOM -> new Choice.OfNode();
          };
    };
  }

  private static Choice ofAnthropic(String credential, Secret key) {
    return Choice.ofSession(
        "x-api-key",
        "",
        key.reveal().strip(),
        "its credential "
            + credential
            + " cannot be used: the key has characters that no HTTP header may have");
  }

  private Choice keep(SessionId session, Optional<Bound> credential, Choice choice) {
    synchronized (known) {
      known.put(session, new Known(credential, choice, clock.instant().plus(TRUST)));
    }
    return choice;
  }

  private Optional<Known> kept(SessionId session) {
    synchronized (known) {
      return Optional.ofNullable(known.get(session));
    }
  }

  private static Map<SessionId, Known> bounded() {
    return new LinkedHashMap<>(16, 0.75f, true) {
      private static final long serialVersionUID = 1L;

      @Override
      protected boolean removeEldestEntry(Map.Entry<SessionId, Known> eldest) {
        return size() > KEPT;
      }
    };
  }
}
