package dev.ash.node.session;

import dev.ash.config.SandboxConfig;
import dev.ash.node.driver.AgentDriver;
import dev.ash.node.model.ModelProxy;
import dev.ash.node.sandbox.Places;
import dev.ash.node.session.SessionCommand.Saved;
import dev.ash.node.session.WorkerCommand.Run;
import dev.ash.node.session.WorkerCommand.Serve;
import dev.ash.node.telemetry.Metrics;
import dev.ash.node.workspace.Workspaces;
import dev.ash.protocol.id.SessionId;
import dev.ash.protocol.session.Rejection;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.Executor;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.PostStop;
import org.apache.pekko.actor.typed.PreRestart;
import org.apache.pekko.actor.typed.Signal;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.actor.typed.javadsl.AbstractMatchingBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;

/**
 * Owns a session's process: has it made when there is work, drives the agent through a turn, has
 * saved what the turn left, and lets the process go when it idles. Says what each of these means
 * for the others: the {@link SessionProcess}, the turn ({@link TurnWork}, {@link TurnReports}), and
 * what clients ask ({@link SandboxRequests}). Runs on {@code blocking-io}, so short blocking steps
 * are taken here; long ones are stages piped back.
 */
final class SessionWorker extends AbstractMatchingBehavior<WorkerCommand> {
  private static final Duration HAND_OVER_LIMIT = Duration.ofSeconds(3);

  /** What a session's worker needs of its node. */
  record Tools(
      ProcessStarter starter,
      Places places,
      Parcels parcels,
      Workspaces workspaces,
      Transcripts transcripts,
      AgentDriver driver,
      ModelProxy model,
      SandboxConfig config,
      InstantSource clock,
      Executor blocking,
      Metrics metrics) {}

  private final ActorRef<SessionCommand> entity;
  private final TimerScheduler<WorkerCommand> timers;
  private final SandboxLog log;
  private final LineBuffer lines;
  private final ProcessSaver saver;
  private final SessionProcess process;
  private final TurnReports reports;
  private final TurnWork work;
  private final SandboxRequests requests;

  static Behavior<WorkerCommand> create(
      SessionId id, ActorRef<SessionCommand> entity, Tools tools) {
    return Behaviors.supervise(
            Behaviors.<WorkerCommand>setup(
                context ->
                    Behaviors.withTimers(
                        timers -> new SessionWorker(context, timers, id, entity, tools))))
        .onFailure(SupervisorStrategy.restart());
  }

  private SessionWorker(
      ActorContext<WorkerCommand> context,
      TimerScheduler<WorkerCommand> timers,
      SessionId id,
      ActorRef<SessionCommand> entity,
      Tools tools) {
    super(context);
    this.entity = entity;
    this.timers = timers;
    this.log = new SandboxLog(tools.clock());
    this.saver =
        new ProcessSaver(id, tools.workspaces(), tools.transcripts(), log, tools.blocking());
    this.lines = new LineBuffer();
    var maker = new ProcessMaker(id, tools, log, lines, context.getSelf());
    this.process = new SessionProcess(id, context, timers, entity, tools, log, maker, saver);
    this.reports = new TurnReports(entity, lines);
    this.work = new TurnWork(id, context, timers, tools, log, reports, process, saver);
    this.requests =
        new SandboxRequests(context, timers, tools, log, reports, process, saver, this::becomeIdle);
    entity.tell(new SessionCommand.WorkerBorn());
  }

  @Override
  public Behavior<WorkerCommand> onMessage(WorkerCommand message) {
    switch (message) {
      case Run run -> run(run);
      case WorkerCommand.Prepare prepare -> process.prepare(prepare.setup());
      case WorkerCommand.Interrupt interrupt -> work.interrupt(interrupt.turn());
      case WorkerCommand.Confirm confirm -> confirm(confirm.turn());
      case WorkerCommand.Abandon abandon -> abandon(abandon.turn());
      case WorkerCommand.Save _ -> saveIdle();
      case WorkerCommand.FilesChanged changed -> {
        if (process.phase() instanceof SessionProcess.Phase.None) {
          saver.newest(changed.files());
        }
      }
      case WorkerCommand.Release _ -> release();
      case WorkerCommand.HandOver handOver -> handOver(handOver.letTurnEnd());
      case WorkerCommand.Acknowledge _ -> {
        reports.acknowledged();
        reportWhenDone();
      }
      case WorkerCommand.Resend _ -> resend();
      case Serve serve -> requests.serve(serve);
      case WorkerSignal signal -> onOwn(signal);
    }
    return this;
  }

  private void onOwn(WorkerSignal signal) {
    switch (signal) {
      case WorkerSignal.Started started -> started(started);
      case WorkerSignal.StartFailed failed -> startFailed(failed);
      case WorkerSignal.AgentLine line -> work.hear(line);
      case WorkerSignal.AgentExited exited -> agentExited(exited);
      case WorkerSignal.ModelNoticed(var notice) ->
          entity.tell(new SessionCommand.ModelSaid(notice.turn(), notice.kind(), notice.json()));
      case WorkerSignal.ProcessGone gone -> {
        if (process.gone(gone.process())) {
          lose(gone.why());
        }
      }
      case WorkerSignal.Prompted prompted -> {
        work.prompted(prompted);
        reportWhenDone();
      }
      case WorkerSignal.FilesSaved saved -> filesSaved(saved);
      case WorkerSignal.Flushed flushed -> {
        filesSaved(flushed.saved());
        requests.flushed(flushed);
      }
      case WorkerSignal.Served served -> requests.served(served.request());
      case WorkerSignal.FreezeTick _ -> afterRest(process::freeze);
      case WorkerSignal.IdleTick _ -> afterRest(this::release);
      case WorkerSignal.Evict _ -> {
        if (isIdle()) {
          release();
        }
      }
      case WorkerSignal.TranscriptTick _ -> saver.flushTranscript();
      case WorkerSignal.SaveTick _ -> saveIdle();
      case WorkerSignal.ToolSaveTick _ -> {
        if (reports.turn().filter(AgentTurn::isUnderWay).isPresent()
            && !process.save(reports.setup(), 0)) {
          lose("the sandbox ended");
        }
      }
      case WorkerSignal.InterruptTick tick -> work.interruptTimedOut(tick.turn());
      case WorkerSignal.HandOverTick _ -> release();
      case WorkerSignal.Released _ -> released();
    }
  }

  @Override
  public Behavior<WorkerCommand> onSignal(Signal signal) {
    if (signal instanceof PostStop || signal instanceof PreRestart) {
      try {
        process.close();
      } finally {
        lines.close();
      }
    }
    return this;
  }

  // ---- the turn

  private void run(Run run) {
    if (process.isHandingOver()) {
      return;
    }
    var now = reports.begin(run);
    process.wake();
    switch (process.phase()) {
      case SessionProcess.Phase.None() -> process.start(run.setup());
      case SessionProcess.Phase.Live live -> prompt(live, now);
      case SessionProcess.Phase.Starting _, SessionProcess.Phase.Releasing _ -> {}
    }
  }

  private void prompt(SessionProcess.Phase.Live live, AgentTurn now) {
    work.prompt(live, now);
    reportWhenDone();
  }

  private void filesSaved(WorkerSignal.FilesSaved saved) {
    saved.manifest().ifPresent(saver::newest);
    var own = reports.turn(saved.turn()).filter(AgentTurn::isSaving);
    if (own.isPresent()) {
      own.get().saved(saved.manifest(), saved.failure());
      reportWhenDone();
    } else {
      saved.manifest().ifPresent(manifest -> entity.tell(new Saved(manifest)));
      saved.failure().ifPresent(why -> log.add("system", "Workspace not saved: " + why));
    }
  }

  private void lose(String why) {
    if (process.isHandingOver() && reports.turn().filter(now -> !now.isInterrupted()).isPresent()) {
      // What ends this node took its sandboxes first; the next owner goes on.
      reports.leave();
      release();
      return;
    }
    reports.turn().filter(now -> !now.isSaving()).ifPresent(now -> now.lost(why));
    reportWhenDone();
  }

  private void reportWhenDone() {
    if (reports.end()) {
      if (requests.noneServed()) {
        process.live().ifPresent(live -> live.process().place().idle());
      }
      becomeIdle();
    }
  }

  private void confirm(long number) {
    if (reports.turn(number).isPresent()) {
      resend();
    } else {
      reports.endAgain(number);
    }
  }

  /** The entity was read again: what it may not have taken is told again. */
  private void resend() {
    reports.resend();
    saver.newest().ifPresent(files -> entity.tell(new Saved(files)));
  }

  private void abandon(long number) {
    if (reports.turn(number).isPresent()) {
      reports.abandon();
      process.abandonTurn();
    }
  }

  // ---- the process

  private void started(WorkerSignal.Started started) {
    var live = process.started(started);
    if (live.isEmpty()) {
      return;
    }
    requests.serveWaiting();
    if (reports.turn().isEmpty()) {
      becomeIdle();
    }
    // One whose process was lost waits for its last lines to be stored: it is not told again.
    reports.waiting().ifPresent(now -> prompt(live.get(), now));
  }

  private void startFailed(WorkerSignal.StartFailed failed) {
    if (!process.startFailed(failed)) {
      return;
    }
    var code = failed.noRoom() ? Rejection.Code.NO_CAPACITY : Rejection.Code.FAILED;
    requests.refuseWaiting(code, failed.why());
    reports
        .waiting()
        .ifPresent(now -> now.impossible("Failed to start the sandbox: " + failed.why()));
    reportWhenDone();
  }

  private void agentExited(WorkerSignal.AgentExited exited) {
    process
        .liveWith(exited.from())
        .filter(live -> !live.abandoned())
        .flatMap(live -> live.agent().exited(exited.code()))
        .ifPresent(this::lose);
  }

  private boolean isIdle() {
    return reports.turn().isEmpty() && requests.isEmpty();
  }

  private void becomeIdle() {
    if (process.isHandingOver()) {
      release();
    } else {
      process.rest();
    }
  }

  /** What is frozen gives no files, so whatever rest leads to waits for a save under way. */
  private void afterRest(Runnable step) {
    if (isIdle()) {
      if (saver.isSaving()) {
        process.rest();
      } else {
        step.run();
      }
    }
  }

  private void saveIdle() {
    if (isIdle() && process.live().isPresent()) {
      process.wake();
      process.save(Optional.empty(), 0);
      becomeIdle();
    }
  }

  private void release() {
    if (process.release(!isIdle(), reports.setup())) {
      released();
    }
  }

  private void released() {
    process.released();
    if (process.isHandingOver()) {
      requests.refuseWaiting(
          Rejection.Code.UNAVAILABLE, "The session moves to another node; try again");
      entity.tell(new SessionCommand.HandedOver());
      return;
    }
    reports.waiting().ifPresent(now -> process.start(now.run().setup()));
    requests.serveWaiting();
  }

  private void handOver(boolean letTurnEnd) {
    process.handOver();
    if (letTurnEnd
        && reports.turn().isPresent()
        && !(process.phase() instanceof SessionProcess.Phase.Releasing)) {
      timers.startSingleTimer("hand-over", new WorkerSignal.HandOverTick(), HAND_OVER_LIMIT);
    } else {
      release();
    }
  }
}
