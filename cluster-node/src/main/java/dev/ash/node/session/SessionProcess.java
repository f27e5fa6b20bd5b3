package dev.ash.node.session;

import dev.ash.node.session.SessionWorker.Tools;
import dev.ash.node.session.WorkerCommand.Setup;
import dev.ash.protocol.id.SessionId;
import java.util.Optional;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;

/**
 * The life of a session's process, from its order to its end; there is at most one. What its coming
 * and going means for the turn and for those who ask is the worker's to say, on whose thread this
 * is.
 */
final class SessionProcess {

  /** Where the session's process is. */
  sealed interface Phase {
    record None() implements Phase {}

    record Starting(ProcessMaker.Ordered ordered) implements Phase {}

    /**
     * The process is there.
     *
     * @param ears what it says carries these
     * @param abandoned whether its agent still talks about a turn that has ended in the log
     */
    record Live(LiveProcess process, BridgeEars ears, AgentControl agent, boolean abandoned)
        implements Phase {}

    record Releasing(LiveProcess process) implements Phase {}
  }

  private final SessionId id;
  private final ActorContext<WorkerCommand> context;
  private final TimerScheduler<WorkerCommand> timers;
  private final ActorRef<SessionCommand> entity;
  private final Tools tools;
  private final SandboxLog log;
  private final ProcessMaker maker;
  private final ProcessSaver saver;

  private Phase phase = new Phase.None();
  private boolean handingOver;

  SessionProcess(
      SessionId id,
      ActorContext<WorkerCommand> context,
      TimerScheduler<WorkerCommand> timers,
      ActorRef<SessionCommand> entity,
      Tools tools,
      SandboxLog log,
      ProcessMaker maker,
      ProcessSaver saver) {
    this.id = id;
    this.context = context;
    this.timers = timers;
    this.entity = entity;
    this.tools = tools;
    this.log = log;
    this.maker = maker;
    this.saver = saver;
  }

  Phase phase() {
    return phase;
  }

  Optional<Phase.Live> live() {
    return phase instanceof Phase.Live live ? Optional.of(live) : Optional.empty();
  }

  /** The live process, if it is the one that was heard: one that is gone may speak on for a bit. */
  Optional<Phase.Live> liveWith(BridgeEars ears) {
    return live().filter(live -> live.ears().equals(ears));
  }

  /** The session leaves this node: what is released now is not followed by another process. */
  void handOver() {
    handingOver = true;
  }

  boolean isHandingOver() {
    return handingOver;
  }

  // ---- its start

  /** Only if there is room now. */
  void prepare(Setup setup) {
    if (phase instanceof Phase.None && !handingOver) {
      maker.orderIfFree(saver.upToDate(setup)).ifPresent(this::await);
    }
  }

  void start(Setup setup) {
    await(maker.order(saver.upToDate(setup)));
  }

  private void await(ProcessMaker.Ordered ordered) {
    phase = new Phase.Starting(ordered);
    context.pipeToSelf(
        ordered.outcome(),
        (signal, failure) ->
            signal != null
                ? signal
                : new WorkerSignal.StartFailed(ordered.order(), "" + failure, false));
  }

  /** The process that is there now; empty when it was withdrawn, and so closed by its order. */
  Optional<Phase.Live> started(WorkerSignal.Started started) {
    if (isStale(started.order())) {
      return Optional.empty();
    }
    started.order().taken();
    var process = started.process();
    var agent = new AgentControl(id, process, tools.driver(), log);
    var live = new Phase.Live(process, started.ears(), agent, false);
    phase = live;
    process.place().ready();
    entity.tell(new SessionCommand.WorkerLive(true));
    context.pipeToSelf(
        process.end(started.ears()), (why, _) -> new WorkerSignal.ProcessGone(process, why));
    return Optional.of(live);
  }

  /** False when nobody waits for it any more. */
  boolean startFailed(WorkerSignal.StartFailed failed) {
    if (isStale(failed.order())) {
      return false;
    }
    phase = new Phase.None();
    return true;
  }

  private boolean isStale(ProcessOrder order) {
    return !(phase instanceof Phase.Starting(var current)) || !current.order().equals(order);
  }

  // ---- while it is there

  /** What its agent still says of the turn is not wanted. */
  void abandonTurn() {
    live()
        .ifPresent(live -> phase = new Phase.Live(live.process(), live.ears(), live.agent(), true));
  }

  /**
   * Has the files stored, to be heard of as {@code FilesSaved}; false when there is no process.
   *
   * @param madeFrom what the process was made from, if known
   * @param turn whose end waits for this, or 0
   */
  boolean save(Optional<Setup> madeFrom, long turn) {
    if (!(phase instanceof Phase.Live live)) {
      return false;
    }
    saver.flushTranscript();
    context.pipeToSelf(saver.save(live.process().bridge(), madeFrom, turn), (saved, _) -> saved);
    return true;
  }

  /** Nobody uses it: unless that changes it is frozen, and after a longer while released. */
  void rest() {
    timers.startSingleTimer("freeze", new WorkerSignal.FreezeTick(), tools.config().freezeAfter());
    timers.startSingleTimer("idle", new WorkerSignal.IdleTick(), tools.config().idleTimeout());
  }

  void freeze() {
    live().ifPresent(live -> live.process().sandbox().freeze());
  }

  void wake() {
    cancelRest();
    live().ifPresent(live -> live.process().sandbox().thaw());
  }

  private void cancelRest() {
    timers.cancel("freeze");
    timers.cancel("idle");
  }

  // ---- its end

  /** False when it is not this process that has gone. */
  boolean gone(LiveProcess process) {
    var own = live().filter(live -> live.process().equals(process));
    own.ifPresent(this::drop);
    return own.isPresent();
  }

  /** The process is gone or good for nothing: nothing more can be saved from it. */
  void drop(Phase.Live live) {
    live.process().close();
    phase = new Phase.None();
    entity.tell(new SessionCommand.WorkerLive(false));
    saver.flushTranscript();
  }

  /**
   * Saves and ends the process, away from the actor's thread, which {@code Released} tells.
   *
   * @param wanted whether somebody waits for one that is on its way
   * @param madeFrom what the process was made from, if known
   * @return whether there is nothing to wait for
   */
  boolean release(boolean wanted, Optional<Setup> madeFrom) {
    return switch (phase) {
      case Phase.None() -> true;
      case Phase.Starting(var ordered) -> {
        var needless = handingOver || !wanted;
        if (needless) {
          maker.withdraw(ordered);
        }
        yield needless;
      }
      case Phase.Live live -> {
        wake();
        saver.flushTranscript();
        phase = new Phase.Releasing(live.process());
        saveAndClose(live.process(), madeFrom);
        yield false;
      }
      case Phase.Releasing _ -> false;
    };
  }

  private void saveAndClose(LiveProcess process, Optional<Setup> madeFrom) {
    var self = context.getSelf();
    context.pipeToSelf(
        saver
            .saveLast(process.bridge(), madeFrom)
            .thenApplyAsync(
                saved -> {
                  self.tell(saved);
                  process.close();
                  return saved;
                },
                tools.blocking()),
        (_, _) -> new WorkerSignal.Released());
  }

  /** There is none any more, and no order for one. */
  void released() {
    saver.flushTranscript();
    if (phase instanceof Phase.Releasing) {
      entity.tell(new SessionCommand.WorkerLive(false));
    }
    phase = new Phase.None();
    cancelRest();
  }

  /** The worker ends, and whatever there is of a process with it. */
  void close() {
    switch (phase) {
      case Phase.None() -> {}
      case Phase.Starting(var ordered) -> ordered.order().withdraw();
      case Phase.Live live -> live.process().close();
      case Phase.Releasing(var process) -> process.close();
    }
    phase = new Phase.None();
  }
}
