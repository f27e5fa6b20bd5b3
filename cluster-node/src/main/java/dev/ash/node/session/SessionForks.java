package dev.ash.node.session;

import dev.ash.node.credentials.SealedVariables;
import dev.ash.node.credentials.SealedVariables.Opened;
import dev.ash.node.session.SessionReply.FileDone;
import dev.ash.node.session.SessionReply.NotLive;
import dev.ash.node.session.SessionReply.Shown;
import dev.ash.node.session.SessionReply.View;
import dev.ash.persistence.table.SessionRow;
import dev.ash.persistence.table.SessionTable;
import dev.ash.protocol.id.SessionId;
import dev.ash.protocol.id.TenantId;
import dev.ash.protocol.session.Rejection;
import dev.ash.protocol.session.SessionEvent.Origin;
import dev.ash.protocol.session.SessionSettings;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Supplier;

/**
 * Makes sessions that go on from another one: first what that one has not saved yet is saved, then
 * the child is given its files and its transcript.
 */
final class SessionForks {
  private static final Duration SAVE_TIME = Duration.ofSeconds(60);

  private final SessionEntities entities;
  private final SessionTable table;
  private final Transcripts transcripts;
  private final SealedVariables variables;
  private final Supplier<SessionId> ids;
  private final Executor blocking;

  SessionForks(
      SessionEntities entities,
      SessionTable table,
      Transcripts transcripts,
      SealedVariables variables,
      Supplier<SessionId> ids,
      Executor blocking) {
    this.entities = entities;
    this.table = table;
    this.transcripts = transcripts;
    this.variables = variables;
    this.ids = ids;
    this.blocking = blocking;
  }

  /** The child and what its entity answered, or the parent and what it answered instead. */
  record Forked(SessionId id, SessionReply reply) {}

  CompletionStage<Forked> fork(TenantId tenant, SessionRow parent) {
    return entities
        .ask(parent.id(), to -> new SessionCommand.Flush(tenant, to), SAVE_TIME)
        .thenCompose(
            saved ->
                saved instanceof FileDone || saved instanceof NotLive
                    ? entities.ask(parent.id(), to -> new SessionCommand.Show(tenant, to))
                    : CompletableFuture.completedFuture(saved))
        .thenCompose(
            reply ->
                reply instanceof Shown(var view)
                    ? born(tenant, parent, view)
                    : CompletableFuture.completedFuture(new Forked(parent.id(), reply)));
  }

  private CompletionStage<Forked> born(TenantId tenant, SessionRow parent, View view) {
    var child = ids.get();
    return CompletableFuture.supplyAsync(() -> legacy(tenant, parent, child), blocking)
        .thenCompose(
            legacy ->
                switch (legacy.environment()) {
                  case Opened.Unreadable(var why) ->
                      CompletableFuture.completedFuture(
                          new Forked(
                              parent.id(),
                              new SessionReply.Refused(
                                  new Rejection(
                                      Rejection.Code.FAILED,
                                      "The session's extraEnv cannot be read: " + why))));
                  case Opened.Plain(var environment) ->
                      entities
                          .ask(
                              child,
                              to ->
                                  new SessionCommand.Create(
                                      tenant,
                                      view.agent(),
                                      legacy.settings(),
                                      environment,
                                      Optional.of(
                                          new Origin(parent.id(), view.sequence(), view.marks())),
                                      Optional.empty(),
                                      view.workspace(),
                                      to))
                          .thenApply(reply -> new Forked(child, reply));
                });
  }

  /**
   * What a child has from its parent.
   *
   * @param environment sealed for the child
   */
  private record Legacy(SessionSettings settings, Opened environment) {}

  private Legacy legacy(TenantId tenant, SessionRow parent, SessionId child) {
    var row = table.find(tenant, parent.id()).orElse(parent);
    Opened environment =
        switch (variables.open(parent.id(), StoredDirectory.environment(row))) {
          case Opened.Plain(var values) -> {
            transcripts.copy(parent.id(), child);
            yield new Opened.Plain(variables.seal(child, values));
          }
          case Opened.Unreadable unreadable -> unreadable;
        };
    return new Legacy(StoredDirectory.session(row).settings(), environment);
  }
}
