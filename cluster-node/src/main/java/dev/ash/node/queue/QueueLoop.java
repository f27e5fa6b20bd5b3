package dev.ash.node.queue;

import dev.ash.config.QueueConfig;
import dev.ash.node.session.Sessions;
import dev.ash.node.work.FairShare;
import dev.ash.persistence.Database.DatabaseException;
import dev.ash.persistence.table.QueueClaims;
import dev.ash.persistence.table.QueueRow;
import dev.ash.persistence.table.QueueTable;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.apache.pekko.Done;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.PostStop;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Claims items, runs their attempts and stores what came of them. Blocks on the database, so it
 * runs on blocking-io.
 */
final class QueueLoop extends AbstractBehavior<QueueLoop.Message> {
  private static final Logger LOG = LoggerFactory.getLogger(QueueLoop.class);

  private final Tools tools;
  private final TimerScheduler<Message> timers;
  private final Map<String, Attempt> attempts = new HashMap<>();
  private final FairShare share = new FairShare();

  /**
   * What the loop works with.
   *
   * @param owner names this life of this node
   */
  record Tools(
      QueueTable table,
      QueueClaims claims,
      Sessions sessions,
      QueueConfig config,
      String owner,
      InstantSource clock,
      Executor blocking) {}

  sealed interface Message {}

  /** Time to renew, and to look for work that others left. */
  record Tick() implements Message {}

  /** There may be work. */
  record Look() implements Message {}

  record Ended(Attempt attempt, Ending ending) implements Message {}

  /** Claim nothing more and give back what there is. */
  record Stop(CompletableFuture<Done> stopped) implements Message {}

  private QueueLoop(ActorContext<Message> context, TimerScheduler<Message> timers, Tools tools) {
    super(context);
    this.timers = timers;
    this.tools = tools;
    timers.startTimerWithFixedDelay(new Tick(), tools.config().poll());
  }

  static Behavior<Message> create(Tools tools) {
    return Behaviors.supervise(
            Behaviors.<Message>setup(
                context -> Behaviors.withTimers(timers -> new QueueLoop(context, timers, tools))))
        .onFailure(SupervisorStrategy.restart());
  }

  @Override
  public Receive<Message> createReceive() {
    return newReceiveBuilder()
        .onMessage(Tick.class, _ -> tick())
        .onMessage(Look.class, _ -> guarded(this::fill))
        .onMessage(Ended.class, this::ended)
        .onMessage(Stop.class, this::stop)
        .onSignal(PostStop.class, _ -> leaveAll())
        .onSignal(org.apache.pekko.actor.typed.PreRestart.class, _ -> leaveAll())
        .build();
  }

  private Behavior<Message> tick() {
    return guarded(
        () -> {
          renew();
          fill();
        });
  }

  private void renew() {
    if (attempts.isEmpty()) {
      return;
    }
    var kept = tools.claims().renew(tools.owner(), now().plus(tools.config().lease()));
    for (var attempt : List.copyOf(attempts.values())) {
      if (!kept.contains(attempt.item().id())) {
        drop(attempt);
      }
    }
  }

  /** Somebody cancelled the item, or this node was silent for so long that another has it. */
  private void drop(Attempt attempt) {
    attempts.remove(attempt.item().id());
    if (isCancelled(attempt.item())) {
      attempt.interrupt();
    } else {
      attempt.leave();
    }
  }

  private boolean isCancelled(QueueRow item) {
    return tools
        .table()
        .find(item.tenant(), item.id())
        .filter(row -> row.status().equals(Queue.Status.CANCELLED.wireName()))
        .isPresent();
  }

  private void fill() {
    while (attempts.size() < tools.config().parallel()) {
      var now = now();
      var tenant = share.next(tools.claims().waiting(now));
      if (tenant.isEmpty()) {
        return;
      }
      share.served(tenant.get());
      var item =
          tools.claims().claim(tenant.get(), tools.owner(), now, now.plus(tools.config().lease()));
      if (item.isEmpty()) {
        // Another node was quicker; the next look is soon.
        return;
      }
      begin(item.get());
    }
  }

  private void begin(QueueRow item) {
    var attempt =
        new Attempt(
            item, tools.sessions(), tools.claims(), getContext().getSystem(), tools.blocking());
    var stale = attempts.put(item.id(), attempt);
    if (stale != null) {
      // This node was silent for longer than its lease, and has claimed what it had itself.
      stale.leave();
    }
    var givenUp = QueueRules.givenUp(item.takeovers());
    if (givenUp.isPresent()) {
      LOG.warn("Queue item {} of {}: {}", item.id(), item.tenant(), givenUp.get());
      getContext().getSelf().tell(new Ended(attempt, givenUp.get()));
      return;
    }
    getContext()
        .pipeToSelf(
            attempt.run(),
            (ending, failure) ->
                new Ended(
                    attempt,
                    failure == null ? ending : new Ending.Hindered(String.valueOf(failure))));
  }

  private Behavior<Message> ended(Ended ended) {
    var item = ended.attempt().item();
    if (attempts.get(item.id()) != ended.attempt()) {
      return this;
    }
    return guarded(
        () -> {
          try {
            store(item, ended.ending());
          } catch (DatabaseException e) {
            // It stays in the list, and its lease is renewed, until its end is stored.
            timers.startSingleTimer(item.id(), ended, tools.config().poll());
            throw e;
          }
          if (ended.ending() instanceof Ending.Withdrawn) {
            drop(ended.attempt());
          }
          attempts.remove(item.id());
          fill();
        });
  }

  private void store(QueueRow item, Ending ending) {
    var now = now();
    var stored =
        switch (QueueRules.verdict(ending, item.retryCount(), item.maxRetries())) {
          case QueueRules.Verdict.Complete() -> tools.claims().completed(item, now);
          case QueueRules.Verdict.Fail(var error) -> tools.claims().failed(item, error, now);
          case QueueRules.Verdict.Retry(var error, var delay) ->
              tools.claims().retryLater(item, error, now.plus(delay));
          case QueueRules.Verdict.Postpone(var error, var delay) ->
              tools.claims().postpone(item, error, now.plus(delay));
          case QueueRules.Verdict.Nothing() -> false;
        };
    LOG.debug("Queue item {}: {} (stored: {})", item.id(), ending, stored);
  }

  private Behavior<Message> stop(Stop stop) {
    leaveAll();
    try {
      tools.claims().release(tools.owner());
    } catch (DatabaseException e) {
      LOG.warn("The items of the queue are free for others only when their leases end", e);
    }
    stop.stopped().complete(Done.getInstance());
    return Behaviors.stopped();
  }

  private Behavior<Message> leaveAll() {
    attempts.values().forEach(Attempt::leave);
    attempts.clear();
    return this;
  }

  /** What fails now is done with the next look. */
  private Behavior<Message> guarded(Runnable work) {
    try {
      work.run();
    } catch (DatabaseException e) {
      LOG.warn("The queue waits for the database: {}", e.getMessage());
    }
    return this;
  }

  private java.time.Instant now() {
    return tools.clock().instant().truncatedTo(ChronoUnit.MILLIS);
  }
}
