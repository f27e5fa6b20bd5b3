package dev.ash.node.session;

import dev.ash.node.agents.AgentVersions;
import dev.ash.node.agents.Agents;
import dev.ash.node.credentials.SealedVariables;
import dev.ash.node.sandbox.Places;
import dev.ash.node.session.SessionReply.Executed;
import dev.ash.node.session.SessionReply.Logged;
import dev.ash.node.session.SessionReply.Refused;
import dev.ash.node.session.SessionReply.TurnTaken;
import dev.ash.persistence.table.SessionRow;
import dev.ash.persistence.table.SessionTable;
import dev.ash.protocol.http.IfMatch;
import dev.ash.protocol.id.AgentName;
import dev.ash.protocol.id.SessionId;
import dev.ash.protocol.id.TenantId;
import dev.ash.protocol.session.Rejection;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.stream.javadsl.Source;

/**
 * The port over the sharded entities: what changes a session is asked of its entity; what is only
 * looked up is read from the directory and the journal, so that looking wakes nobody.
 */
final class ShardedSessions implements Sessions {
  private static final Duration START_TIME = Duration.ofSeconds(150);

  private final SessionEntities entities;
  private final SessionFeed feed;
  private final SessionHistory history;
  private final SessionFiles files;
  private final SessionTable table;
  private final SessionCreation creation;
  private final SessionForks forks;
  private final Agents agents;
  private final Places places;
  private final SessionPlacement placement;
  private final Parcels parcels;
  private final ResumeCounters resumes;
  private final LongSupplier startedAhead;
  private final Supplier<UUID> ids;
  private final Executor blocking;

  ShardedSessions(
      SessionEntities entities,
      SessionFeed feed,
      SessionHistory history,
      SessionFiles files,
      SessionTable table,
      Transcripts transcripts,
      SealedVariables variables,
      Agents agents,
      AgentVersions versions,
      Places places,
      SessionPlacement placement,
      Parcels parcels,
      ResumeCounters resumes,
      LongSupplier startedAhead,
      Supplier<UUID> ids,
      Executor blocking) {
    this.entities = entities;
    this.feed = feed;
    this.history = history;
    this.files = files;
    this.table = table;
    this.creation = new SessionCreation(entities, agents, versions, placement, variables, blocking);
    this.forks =
        new SessionForks(entities, table, transcripts, variables, placement::draw, blocking);
    this.agents = agents;
    this.places = places;
    this.placement = placement;
    this.parcels = parcels;
    this.resumes = resumes;
    this.startedAhead = startedAhead;
    this.ids = ids;
    this.blocking = blocking;
  }

  @Override
  public CompletionStage<Result<Session>> create(TenantId tenant, NewSession request) {
    return creation.create(tenant, request);
  }

  @Override
  public CompletionStage<Page> list(TenantId tenant, Query query) {
    return blocking(
        () -> {
          var filter = new SessionTable.Filter(tenant, query.agent(), query.status());
          var rows = table.list(filter, query.limit(), query.offset());
          return new Page(
              rows.stream().map(StoredDirectory::listed).toList(),
              query.withTotal() ? OptionalLong.of(table.count(filter)) : OptionalLong.empty());
        });
  }

  @Override
  public CompletionStage<Result<Session>> find(TenantId tenant, SessionId id) {
    return withRow(
        tenant,
        id,
        row -> CompletableFuture.completedFuture(new Result.Ok<>(StoredDirectory.session(row))));
  }

  @Override
  public CompletionStage<Reconfiguration> reconfigure(
      TenantId tenant, SessionId id, Patch patch, IfMatch guard) {
    var expected = ConfigTag.expected(guard);
    return blocking(() -> table.find(tenant, id))
        .thenCompose(
            row ->
                row.isEmpty()
                    ? CompletableFuture.completedFuture(
                        new Refused(new Rejection(Rejection.Code.NOT_FOUND, "Session not found")))
                    : entities.ask(
                        id,
                        replyTo ->
                            new SessionCommand.Reconfigure(tenant, patch, expected, replyTo)))
        .thenApply(reply -> ConfigTag.outcome(id, guard, reply));
  }

  @Override
  public CompletionStage<Result<Session>> pause(TenantId tenant, SessionId id) {
    return known(tenant, id, replyTo -> new SessionCommand.Pause(tenant, replyTo));
  }

  @Override
  public CompletionStage<Result<Session>> stop(TenantId tenant, SessionId id) {
    return known(tenant, id, replyTo -> new SessionCommand.Stop(tenant, replyTo));
  }

  @Override
  public CompletionStage<Result<Session>> end(TenantId tenant, SessionId id) {
    return known(tenant, id, replyTo -> new SessionCommand.End(tenant, replyTo));
  }

  @Override
  public CompletionStage<Result<Session>> interrupt(TenantId tenant, SessionId id) {
    return known(tenant, id, replyTo -> new SessionCommand.Interrupt(tenant, replyTo));
  }

  @Override
  public CompletionStage<Result<Interrupted>> interruptTurn(
      TenantId tenant, SessionId id, long turn) {
    return withRow(
        tenant,
        id,
        _ ->
            entities
                .ask(id, replyTo -> new SessionCommand.InterruptTurn(tenant, turn, replyTo))
                .thenApply(
                    reply ->
                        reply instanceof SessionReply.Interrupted(var view, var number, var was)
                            ? new Result.Ok<>(
                                new Interrupted(StoredDirectory.session(id, view), number, was))
                            : SessionResult.<Interrupted>refusal(reply)));
  }

  @Override
  public CompletionStage<Result<Session>> resume(TenantId tenant, SessionId id) {
    return withRow(
        tenant,
        id,
        row ->
            row.status().equals("ended")
                ? change(id, replyTo -> new SessionCommand.Resume(tenant, replyTo))
                : withAgent(
                    row, _ -> change(id, replyTo -> new SessionCommand.Resume(tenant, replyTo))));
  }

  @Override
  public CompletionStage<Result<Session>> fork(TenantId tenant, SessionId id) {
    return withRow(
        tenant,
        id,
        row ->
            withAgent(
                row,
                _ ->
                    forks
                        .fork(tenant, row)
                        .thenApply(forked -> SessionResult.shown(forked.id(), forked.reply()))));
  }

  @Override
  public CompletionStage<Result<Integer>> endAllOf(TenantId tenant, AgentName agent) {
    return new AgentEndings(table, this::end, blocking).endAll(tenant, agent);
  }

  @Override
  public CompletionStage<Result<Accepted>> send(TenantId tenant, SessionId id, Message message) {
    // With a key it may be asked again when the owner dies, and is still one message.
    var key = message.idempotencyKey().or(() -> Optional.of("auto/" + ids.get()));
    return withRow(
        tenant,
        id,
        _ ->
            ask(tenant, id, message, key)
                .thenApply(
                    reply ->
                        reply instanceof TurnTaken(var turn, var from)
                            ? new Result.Ok<>(new Accepted(turn, from))
                            : SessionResult.<Accepted>refusal(reply)));
  }

  private CompletionStage<SessionReply> ask(
      TenantId tenant, SessionId id, Message message, Optional<String> key) {
    var content = message.contentJson();
    if (!placement.hasOthers() || Utf8.size(content) <= Parcels.LARGEST) {
      return entities.ask(
          id,
          replyTo ->
              new SessionCommand.Send(
                  tenant, content, message.options(), message.whenBusy(), key, replyTo));
    }
    return blocking(() -> parcels.pack(content))
        .thenCompose(
            parcel ->
                entities.ask(
                    id,
                    replyTo ->
                        new SessionCommand.SendParcel(
                            tenant, parcel, message.options(), message.whenBusy(), key, replyTo)));
  }

  @Override
  public CompletionStage<Result<Source<Frame, NotUsed>>> follow(
      TenantId tenant, SessionId id, Follow follow) {
    return withRow(
        tenant,
        id,
        row ->
            CompletableFuture.completedFuture(
                new Result.Ok<>(feed.follow(tenant, id, follow, row.status().equals("ended")))));
  }

  @Override
  public CompletionStage<Result<List<MessageRow>>> messages(
      TenantId tenant, SessionId id, long after, int limit) {
    return withRow(
        tenant, id, _ -> blocking(() -> new Result.Ok<>(history.messages(id, after, limit))));
  }

  @Override
  public CompletionStage<Result<Optional<MessageRow>>> newestMessage(
      TenantId tenant, SessionId id) {
    return withRow(tenant, id, _ -> blocking(() -> new Result.Ok<>(history.newestMessage(id))));
  }

  @Override
  public CompletionStage<Result<List<EventRow>>> events(
      TenantId tenant, SessionId id, long after, int limit, Optional<String> type) {
    return withRow(
        tenant, id, _ -> blocking(() -> new Result.Ok<>(history.events(id, after, limit, type))));
  }

  @Override
  public CompletionStage<Result<List<LogLine>>> logs(TenantId tenant, SessionId id, long after) {
    return withRow(
        tenant,
        id,
        row ->
            row.status().equals("ended")
                ? CompletableFuture.completedFuture(new Result.Ok<>(List.of()))
                : entities
                    .ask(id, replyTo -> new SessionCommand.Logs(tenant, after, replyTo))
                    .thenApply(
                        reply ->
                            reply instanceof Logged(var lines)
                                ? new Result.Ok<>(lines)
                                : SessionResult.<List<LogLine>>refusal(reply)));
  }

  @Override
  public CompletionStage<Result<ExecOutcome>> exec(
      TenantId tenant, SessionId id, String command, Duration timeout) {
    return withRow(
        tenant,
        id,
        _ ->
            entities
                .ask(
                    id,
                    replyTo -> new SessionCommand.Exec(tenant, command, timeout, replyTo),
                    timeout.plus(START_TIME))
                .thenApply(
                    reply ->
                        reply instanceof Executed(var code, var out, var err)
                            ? new Result.Ok<>(new ExecOutcome(code, out, err))
                            : SessionResult.<ExecOutcome>refusal(reply)));
  }

  @Override
  public CompletionStage<Result<Files>> files(
      TenantId tenant, SessionId id, boolean includeHidden) {
    return withRow(tenant, id, _ -> files.list(tenant, id, includeHidden));
  }

  @Override
  public CompletionStage<Result<FileContent>> file(
      TenantId tenant, SessionId id, String path, long maxBytes) {
    return withRow(tenant, id, _ -> files.read(tenant, id, path, maxBytes));
  }

  @Override
  public CompletionStage<Result<List<Written>>> writeFiles(
      TenantId tenant, SessionId id, String targetPath, List<NewFile> uploaded) {
    return withRow(tenant, id, _ -> files.write(tenant, id, targetPath, uploaded));
  }

  @Override
  public CompletionStage<Result<String>> deleteFile(TenantId tenant, SessionId id, String path) {
    return withRow(tenant, id, _ -> files.delete(tenant, id, path));
  }

  @Override
  public CompletionStage<Stats> stats() {
    return blocking(table::countByStatus)
        .thenApply(
            counts ->
                new Stats(
                    counts.getOrDefault("active", 0L),
                    places.count(Places.State.WARM) + places.count(Places.State.STARTING),
                    places.count(Places.State.WAITING),
                    places.count(Places.State.RUNNING),
                    places.capacity(),
                    resumes.warm.sum(),
                    resumes.cold.sum(),
                    resumes.local.sum(),
                    0,
                    resumes.fresh.sum(),
                    startedAhead.getAsLong()));
  }

  /** Runs {@code then} if the tenant has the session; an unknown id wakes no entity. */
  private <T> CompletionStage<Result<T>> withRow(
      TenantId tenant, SessionId id, Function<SessionRow, CompletionStage<Result<T>>> then) {
    return blocking(() -> table.find(tenant, id))
        .thenCompose(
            row ->
                row.map(then)
                    .orElseGet(() -> refused(Rejection.Code.NOT_FOUND, "Session not found")));
  }

  private CompletionStage<Result<Session>> withAgent(
      SessionRow row, Function<Agents.Agent, CompletionStage<Result<Session>>> then) {
    return agents
        .find(row.tenant(), row.agent())
        .thenCompose(
            found ->
                found
                    .map(then)
                    .orElseGet(
                        () ->
                            refused(
                                Rejection.Code.NOT_FOUND,
                                "Agent \"" + row.agent() + "\" not found")));
  }

  private CompletionStage<Result<Session>> known(
      TenantId tenant,
      SessionId id,
      org.apache.pekko.japi.function.Function<ActorRef<SessionReply>, SessionCommand> command) {
    return withRow(tenant, id, _ -> change(id, command));
  }

  private CompletionStage<Result<Session>> change(
      SessionId id,
      org.apache.pekko.japi.function.Function<ActorRef<SessionReply>, SessionCommand> command) {
    return entities.ask(id, command).thenApply(reply -> SessionResult.shown(id, reply));
  }

  private static <T> CompletionStage<Result<T>> refused(Rejection.Code code, String detail) {
    return CompletableFuture.completedFuture(new Result.Refused<>(new Rejection(code, detail)));
  }

  private <T> CompletionStage<T> blocking(Supplier<T> work) {
    return CompletableFuture.supplyAsync(work, blocking);
  }
}
