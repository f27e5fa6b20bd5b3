package dev.ash.node.session;

import dev.ash.config.SessionConfig;
import dev.ash.node.cluster.RunningTurns;
import dev.ash.node.session.Decision.Answer;
import dev.ash.node.session.SessionCommand.Create;
import dev.ash.node.session.SessionCommand.HandOver;
import dev.ash.node.session.SessionCommand.HandedOver;
import dev.ash.node.session.SessionCommand.Line;
import dev.ash.node.session.SessionCommand.QuietTick;
import dev.ash.node.session.SessionCommand.Reported;
import dev.ash.node.session.SessionCommand.RowWritten;
import dev.ash.node.session.SessionCommand.Ruled;
import dev.ash.node.session.SessionCommand.Send;
import dev.ash.node.session.SessionCommand.SendParcel;
import dev.ash.node.session.SessionCommand.Served;
import dev.ash.node.session.SessionCommand.Show;
import dev.ash.node.session.SessionCommand.Spoke;
import dev.ash.node.session.SessionCommand.UnparkTick;
import dev.ash.node.session.SessionCommand.WorkerBorn;
import dev.ash.node.session.SessionCommand.WorkerLive;
import dev.ash.node.session.SessionReply.Refused;
import dev.ash.node.session.SessionState.Absent;
import dev.ash.node.session.SessionState.Running;
import dev.ash.node.telemetry.Metrics;
import dev.ash.protocol.id.SessionId;
import dev.ash.protocol.session.Rejection;
import dev.ash.protocol.session.SessionEvent;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Function;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.PostStop;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.apache.pekko.cluster.sharding.typed.javadsl.ClusterSharding;
import org.apache.pekko.cluster.sharding.typed.javadsl.EntityTypeKey;
import org.apache.pekko.persistence.typed.PersistenceId;
import org.apache.pekko.persistence.typed.RecoveryCompleted;
import org.apache.pekko.persistence.typed.javadsl.CommandHandlerWithReply;
import org.apache.pekko.persistence.typed.javadsl.EventHandler;
import org.apache.pekko.persistence.typed.javadsl.EventSourcedBehaviorWithEnforcedReplies;
import org.apache.pekko.persistence.typed.javadsl.ReplyEffect;
import org.apache.pekko.persistence.typed.javadsl.RetentionCriteria;
import org.apache.pekko.persistence.typed.javadsl.SignalHandler;

/**
 * One session, sharded by id. Glue only: the rules are in {@link SessionRules}, the readers in
 * {@link SessionReaders}, the process in the worker. Nothing leaves before it is stored, but for
 * partial deltas, which are never stored.
 */
final class SessionEntity
    extends EventSourcedBehaviorWithEnforcedReplies<SessionCommand, SessionEvent, SessionState> {

  /** Stored in every persistence id: never change. */
  static final EntityTypeKey<SessionCommand> KEY =
      EntityTypeKey.create(SessionCommand.class, "session");

  private final SessionId id;
  private final ActorContext<SessionCommand> context;
  private final ActorRef<WorkerCommand> worker;
  private final ActorRef<ClusterSharding.ShardCommand> shard;
  private final SessionListing listing;
  private final ResumeCounters resumes;
  private final SessionConfig config;
  private final SessionRules rules;
  private final InstantSource clock;
  private final SessionReaders readers;
  private final ServedRequests requests;
  private final RunningTurns turns;
  private final Parcels parcels;
  private final SessionMeter meter;
  private boolean live;
  private boolean workerKnown;
  private boolean passivating;
  private boolean handingOver;

  static Behavior<SessionCommand> create(
      SessionId id,
      ActorRef<ClusterSharding.ShardCommand> shard,
      Function<ActorRef<SessionCommand>, Behavior<WorkerCommand>> worker,
      SessionDirectory directory,
      ResumeCounters resumes,
      SessionConfig config,
      InstantSource clock,
      RunningTurns turns,
      Parcels parcels,
      Metrics metrics) {
    return Behaviors.setup(
        context ->
            Behaviors.withTimers(
                timers -> {
                  var child =
                      context.spawn(
                          worker.apply(context.getSelf()),
                          "worker",
                          SessionFeature.blockingDispatcher());
                  context.setReceiveTimeout(config.passivateAfter(), new QuietTick());
                  return new SessionEntity(
                      id,
                      context,
                      timers,
                      child,
                      shard,
                      directory,
                      resumes,
                      config,
                      clock,
                      turns,
                      parcels,
                      new SessionMeter(metrics));
                }));
  }

  private SessionEntity(
      SessionId id,
      ActorContext<SessionCommand> context,
      TimerScheduler<SessionCommand> timers,
      ActorRef<WorkerCommand> worker,
      ActorRef<ClusterSharding.ShardCommand> shard,
      SessionDirectory directory,
      ResumeCounters resumes,
      SessionConfig config,
      InstantSource clock,
      RunningTurns turns,
      Parcels parcels,
      SessionMeter meter) {
    super(
        PersistenceId.of(KEY.name(), id.value()),
        SupervisorStrategy.restartWithBackoff(config.minBackoff(), config.maxBackoff(), 0.1)
            .withStopChildren(false)); // a journal failure must not kill the agent
    this.id = id;
    this.context = context;
    this.worker = worker;
    this.shard = shard;
    this.listing = new SessionListing(id, context, directory);
    this.resumes = resumes;
    this.config = config;
    this.rules =
        new SessionRules(config.maxQueued(), config.maxQueuedBytes(), config.maxContinuations());
    this.clock = clock;
    this.turns = turns;
    this.parcels = parcels;
    this.meter = meter;
    this.readers = new SessionReaders(ring(0));
    this.requests = new ServedRequests(worker, readers, timers, clock);
  }

  private SessionRing ring(long recoveredUpTo) {
    return new SessionRing(
        id, config.ringFrames(), config.ringBytes(), recoveredUpTo, clock.instant());
  }

  @Override
  public SessionState emptyState() {
    return new Absent();
  }

  @Override
  public CommandHandlerWithReply<SessionCommand, SessionEvent, SessionState> commandHandler() {
    return this::onCommand;
  }

  @Override
  public EventHandler<SessionState, SessionEvent> eventHandler() {
    return SessionState::apply;
  }

  @Override
  public RetentionCriteria retentionCriteria() {
    return RetentionCriteria.snapshotEvery(config.snapshotEvery(), 1);
  }

  /** A running turn may have died with its node, or still run here: the worker knows. */
  @Override
  public SignalHandler<SessionState> signalHandler() {
    return newSignalHandlerBuilder()
        .onSignal(RecoveryCompleted.instance(), this::recovered)
        .onSignal(PostStop.instance(), _ -> turns.note(id, false))
        .build();
  }

  private void recovered(SessionState state) {
    turns.note(id, state instanceof Running);
    readers.restart(ring(SessionState.facts(state).map(Facts::sequence).orElse(0L)));
    if (state instanceof Running) {
      confirm(state);
    } else {
      worker.tell(new WorkerCommand.Resend());
    }
    if (!(state instanceof Absent)) {
      listing.note(listing.write(state, Optional.empty()), state);
    }
  }

  private void confirm(SessionState state) {
    if (state instanceof Running running) {
      worker.tell(new WorkerCommand.Confirm(running.turn().number()));
      if (running.turn().interrupted()) {
        // It may have been stored without the worker being told.
        worker.tell(new WorkerCommand.Interrupt(running.turn().number()));
      }
    }
  }

  private ReplyEffect<SessionEvent, SessionState> onCommand(
      SessionState state, SessionCommand command) {
    return switch (command) {
      case Ruled ruled -> ruled(state, ruled);
      case Served served -> {
        requests.serve(state, served);
        yield Effect().noReply();
      }
      case SendParcel send -> {
        unpack(send);
        yield Effect().noReply();
      }
      case Reported reported -> reported(state, reported);
      case WorkerBorn _ -> {
        live = false;
        // The first one was asked at recovery: asked twice, it would lose the turn twice.
        if (workerKnown) {
          confirm(state);
        }
        workerKnown = true;
        yield Effect().noReply();
      }
      case WorkerLive change -> {
        live = change.live();
        yield Effect().noReply();
      }
      case UnparkTick _ -> {
        requests.tick();
        yield Effect().noReply();
      }
      case QuietTick _ -> {
        if (!live && !(state instanceof Running) && !readers.anyParked()) {
          passivating = true;
          shard.tell(new ClusterSharding.Passivate<>(context.getSelf()));
        }
        yield Effect().noReply();
      }
      case RowWritten row -> {
        row.failure().ifPresent(why -> context.getLog().warn("session {}: {}", id, why));
        row.replyTo().tell(row.reply());
        yield Effect().noReply();
      }
      case HandOver _ -> {
        handingOver = true;
        wakeAgain(state);
        worker.tell(new WorkerCommand.HandOver(state instanceof Running));
        yield Effect().noReply();
      }
      case HandedOver _ -> Effect().none().thenStop().thenNoReply();
    };
  }

  private void unpack(SendParcel send) {
    context.pipeToSelf(
        CompletableFuture.supplyAsync(() -> parcels.text(send.parcel()), blocking()),
        (content, failure) ->
            content != null
                ? send.with(content)
                : new RowWritten(
                    send.replyTo(),
                    new Refused(
                        new Rejection(
                            Rejection.Code.UNAVAILABLE,
                            "The message could not be taken over from the other node; try again")),
                    Optional.of("parcel " + send.parcel() + " was not read: " + failure)));
  }

  private Executor blocking() {
    return context.getSystem().dispatchers().lookup(SessionFeature.blockingDispatcher());
  }

  /**
   * A message may have come between the wish to leave memory and the order to: then the session is
   * wanted again at once, and a question that waits at the shard brings it back.
   */
  private void wakeAgain(SessionState state) {
    if (passivating && state instanceof Running running) {
      ClusterSharding.get(context.getSystem())
          .entityRefFor(KEY, id.value())
          .tell(new Show(running.facts().tenant(), context.getSystem().ignoreRef()));
    }
  }

  private ReplyEffect<SessionEvent, SessionState> ruled(SessionState state, Ruled command) {
    var begin = System.nanoTime();
    var decision = rules.decide(state, command, now());
    if (command instanceof Create
        && decision.events().isEmpty()
        && decision.answer() instanceof Answer.Show) {
      // Asked again: the first writing of the row may be under way still, or died with its node.
      answer(command, decision, state);
      return Effect().noReply();
    }
    if (decision.events().isEmpty()) {
      decision.then().forEach(worker::tell);
      return Effect().reply(command.replyTo(), decision.answer().reply(state));
    }
    // Whoever interrupts wants the agent to stop now, also while the journal is away.
    var atOnce = SessionInterrupts.isOne(command);
    if (atOnce && !handingOver) {
      decision.then().forEach(worker::tell);
    }
    return Effect()
        .persist(decision.events())
        .thenRun(
            (SessionState after) -> {
              meter.stored(decision.events(), begin);
              turns.note(id, after instanceof Running);
              publish(after, decision.events(), List.of(), 0);
              resumes.count(decision.events());
              if (!handingOver && !atOnce && !(command instanceof Create)) {
                decision.then().forEach(worker::tell);
              }
              answer(command, decision, after);
            })
        .thenNoReply();
  }

  /** A caller who may look at the list next is answered when the list is right. */
  private void answer(Ruled command, Decision decision, SessionState after) {
    var reply = decision.answer().reply(after);
    Optional<Map<String, String>> environment =
        command instanceof Create create ? Optional.of(create.environment()) : Optional.empty();
    var written = listing.write(after, environment);
    if (command instanceof Create && !handingOver) {
      // The process is made from the row: what the session was given is nowhere else.
      var _ = written.whenComplete((_, _) -> decision.then().forEach(worker::tell));
    }
    if (command instanceof Send || SessionInterrupts.isOne(command)) {
      command.replyTo().tell(reply);
      listing.note(written, after);
    } else {
      listing.answer(written, after, command.replyTo(), reply);
    }
  }

  private ReplyEffect<SessionEvent, SessionState> reported(SessionState state, Reported report) {
    var begin = System.nanoTime();
    var decision = rules.report(state, report, now());
    var lines = report instanceof Spoke spoke ? spoke.lines() : List.<Line>of();
    var turn = report instanceof Spoke spoke ? spoke.turn() : 0;
    if (!lines.isEmpty()) {
      meter.spoke(clock.instant());
    }
    var leading = SessionReaders.leadingPartials(lines);
    lines.subList(0, leading).forEach(line -> readers.delta(turn, line.raw()));
    if (leading > 0) {
      readers.wake();
    }
    if (decision.events().isEmpty()) {
      // Complete lines that were stored before a journal failure and sent again are left out.
      lines.stream()
          .skip(leading)
          .filter(Line::partial)
          .forEach(line -> readers.delta(turn, line.raw()));
      readers.wake();
      acknowledge(report);
      return Effect().noReply();
    }
    return Effect()
        .persist(decision.events())
        .thenRun(
            (SessionState after) -> {
              meter.stored(decision.events(), begin);
              turns.note(id, after instanceof Running);
              publish(after, decision.events(), lines.subList(leading, lines.size()), turn);
              if (!handingOver) {
                decision.then().forEach(worker::tell);
              }
              acknowledge(report);
              if (!(report instanceof Spoke)) {
                listing.note(listing.write(after, Optional.empty()), after);
              }
            })
        .thenNoReply();
  }

  private void acknowledge(Reported report) {
    if (report instanceof Spoke) {
      worker.tell(new WorkerCommand.Acknowledge());
    }
  }

  /** Publishes stored events, with the partial lines that came between them in their places. */
  private void publish(SessionState after, List<SessionEvent> events, List<Line> lines, long turn) {
    var before = SessionState.facts(after).orElseThrow().sequence() - events.size();
    readers.publish(before, events, lines, turn);
  }

  private SessionRules.Now now() {
    return new SessionRules.Now(clock.instant(), live);
  }
}
