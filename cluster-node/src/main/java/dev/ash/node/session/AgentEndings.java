package dev.ash.node.session;

import dev.ash.node.session.Sessions.Result;
import dev.ash.node.session.Sessions.Session;
import dev.ash.persistence.table.SessionTable;
import dev.ash.protocol.id.AgentName;
import dev.ash.protocol.id.SessionId;
import dev.ash.protocol.id.TenantId;
import dev.ash.protocol.session.Rejection;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.BiFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends the sessions of an agent, a few at a time because each wakes its entity, and takes out of
 * the list only what has ended: a session that still runs must stay where it can be found and
 * ended. What is done stays done, so a repetition goes on with the rest.
 */
final class AgentEndings {
  private static final Logger LOG = LoggerFactory.getLogger(AgentEndings.class);
  private static final int AT_ONCE = 32;
  private static final int ROWS = 1000;

  /** A few must not keep the others alive; when so many do not answer, the others will not. */
  private static final int MOST_LEFT = AT_ONCE;

  /** Sessions that were being created when their agent went are only seen in another look. */
  private static final int LOOKS = 3;

  private final SessionTable table;
  private final BiFunction<TenantId, SessionId, CompletionStage<Result<Session>>> end;
  private final Executor blocking;

  AgentEndings(
      SessionTable table,
      BiFunction<TenantId, SessionId, CompletionStage<Result<Session>>> end,
      Executor blocking) {
    this.table = table;
    this.end = end;
    this.blocking = blocking;
  }

  /** How far it has come: how many are out of the list, and how many could not be ended. */
  private record Tally(int gone, int left) {
    Tally with(Tally more) {
      return new Tally(gone + more.gone, left + more.left);
    }
  }

  CompletionStage<Result<Integer>> endAll(TenantId tenant, AgentName agent) {
    return look(tenant, agent, LOOKS, new Tally(0, 0))
        .thenApply(
            tally -> {
              if (tally.left() == 0) {
                return new Result.Ok<>(tally.gone());
              }
              LOG.warn("Sessions of agent {} are not ended: at least {}", agent, tally.left());
              return new Result.Refused<>(
                  new Rejection(
                      Rejection.Code.UNAVAILABLE,
                      "Not all sessions of the agent could be ended; repeat the request"));
            });
  }

  private CompletionStage<Tally> look(TenantId tenant, AgentName agent, int looks, Tally before) {
    return CompletableFuture.supplyAsync(() -> table.open(tenant, agent), blocking)
        .thenCompose(
            open -> {
              if (open.isEmpty()) {
                return removeEnded(tenant, agent, before);
              }
              if (looks == 0) {
                return CompletableFuture.completedStage(before.with(new Tally(0, open.size())));
              }
              return batches(tenant, open, before)
                  .thenCompose(
                      now ->
                          now.left() == 0
                              ? look(tenant, agent, looks - 1, now)
                              : CompletableFuture.completedStage(now));
            });
  }

  private CompletionStage<Tally> batches(TenantId tenant, List<SessionId> open, Tally before) {
    if (open.isEmpty() || before.left() >= MOST_LEFT) {
      return CompletableFuture.completedStage(before);
    }
    var size = Math.min(AT_ONCE, open.size());
    return batch(tenant, open.subList(0, size))
        .thenCompose(done -> batches(tenant, open.subList(size, open.size()), before.with(done)));
  }

  private CompletionStage<Tally> batch(TenantId tenant, List<SessionId> some) {
    var ends = some.stream().map(id -> over(tenant, id).toCompletableFuture()).toList();
    return CompletableFuture.allOf(ends.toArray(CompletableFuture<?>[]::new))
        .thenApplyAsync(
            _ -> {
              var over = new ArrayList<SessionId>();
              ends.forEach(one -> one.join().ifPresent(over::add));
              table.delete(over);
              return new Tally(over.size(), some.size() - over.size());
            },
            blocking);
  }

  /** The session if nothing of it runs any more. */
  private CompletionStage<Optional<SessionId>> over(TenantId tenant, SessionId id) {
    return end.apply(tenant, id)
        .handle(
            (result, failure) ->
                failure == null && isOver(result) ? Optional.of(id) : Optional.empty());
  }

  private static boolean isOver(Result<Session> result) {
    return switch (result) {
      case Result.Ok<Session> _ -> true;
      case Result.Refused<Session>(var why) ->
          switch (why.code()) {
            case NOT_FOUND, GONE -> true;
            case INVALID, WRONG_STATE, BUSY, UNPROCESSABLE, TOO_LARGE, FAILED, NO_CAPACITY -> false;
            case UNAVAILABLE -> false;
          };
    };
  }

  private CompletionStage<Tally> removeEnded(TenantId tenant, AgentName agent, Tally before) {
    return CompletableFuture.supplyAsync(
        () -> {
          var gone = 0;
          for (var some = table.ended(tenant, agent, ROWS);
              !some.isEmpty();
              some = table.ended(tenant, agent, ROWS)) {
            gone += table.delete(some);
          }
          return before.with(new Tally(gone, 0));
        },
        blocking);
  }
}
