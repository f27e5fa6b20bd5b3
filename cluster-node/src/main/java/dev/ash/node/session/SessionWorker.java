package dev.ash.node.session;

import static java.util.concurrent.TimeUnit.MILLISECONDS;

import dev.ash.config.SandboxConfig;
import dev.ash.node.driver.AgentDriver;
import dev.ash.node.model.ModelProxy;
import dev.ash.node.sandbox.Places;
import dev.ash.node.sandbox.Sandboxes.Exit;
import dev.ash.node.session.SessionCommand.Finished;
import dev.ash.node.session.SessionCommand.Line;
import dev.ash.node.session.SessionCommand.Lost;
import dev.ash.node.session.SessionCommand.Reported;
import dev.ash.node.session.SessionCommand.Saved;
import dev.ash.node.session.SessionCommand.Spoke;
import dev.ash.node.session.SessionReply.NotLive;
import dev.ash.node.session.SessionReply.Refused;
import dev.ash.node.session.WorkerCommand.Run;
import dev.ash.node.session.WorkerCommand.Serve;
import dev.ash.node.session.WorkerCommand.Setup;
import dev.ash.node.telemetry.Metrics;
import dev.ash.node.workspace.Workspaces;
import dev.ash.protocol.id.SessionId;
import dev.ash.protocol.session.Rejection;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
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
 * saved what the turn left, and lets the process go when it idles. Runs on {@code blocking-io}, so
 * short blocking steps are taken here; long ones are stages piped back.
 *
 * <p>A turn is reported exactly once, as {@code Finished} or {@code Lost}, after all its lines.
 */
final class SessionWorker extends AbstractMatchingBehavior<WorkerCommand> {
  private static final Duration TRANSCRIPT_DELAY = Duration.ofMillis(500);
  private static final Duration SAVE_DELAY = Duration.ofMillis(300);
  private static final Duration TOOL_SAVE_DELAY = Duration.ofSeconds(1);
  private static final Duration INTERRUPT_LIMIT = Duration.ofSeconds(10);
  private static final Duration HAND_OVER_LIMIT = Duration.ofSeconds(3);
  private static final Duration EXIT_AFTER_BRIDGE = Duration.ofSeconds(1);

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

  /** Where the session's process is. */
  private sealed interface Phase {
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
  private final ActorRef<WorkerCommand> self;
  private final ActorRef<SessionCommand> entity;
  private final Tools tools;
  private final TimerScheduler<WorkerCommand> timers;
  private final SandboxLog log;
  private final LineBuffer lines = new LineBuffer();
  private final ProcessMaker maker;
  private final ProcessSaver saver;

  /** Requests that wait for the process to be there, or to be gone. */
  private final List<Serve> waiting = new ArrayList<>();

  private Phase phase = new Phase.None();
  private Optional<AgentTurn> turn = Optional.empty();
  private Optional<Reported> lastReport = Optional.empty();
  private long lastTurn;
  private int serving;
  private boolean handingOver;

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
    this.id = id;
    this.self = context.getSelf();
    this.entity = entity;
    this.tools = tools;
    this.timers = timers;
    this.log = new SandboxLog(tools.clock());
    this.maker = new ProcessMaker(id, tools, log, lines, self);
    this.saver =
        new ProcessSaver(id, tools.workspaces(), tools.transcripts(), log, tools.blocking());
    entity.tell(new SessionCommand.WorkerBorn());
  }

  @Override
  public Behavior<WorkerCommand> onMessage(WorkerCommand message) {
    switch (message) {
      case Run run -> run(run);
      case WorkerCommand.Prepare prepare -> prepare(prepare.setup());
      case WorkerCommand.Interrupt interrupt -> interrupt(interrupt.turn());
      case WorkerCommand.Confirm confirm -> confirm(confirm.turn());
      case WorkerCommand.Abandon abandon -> abandon(abandon.turn());
      case WorkerCommand.Save _ -> saveIdle();
      case WorkerCommand.FilesChanged changed -> {
        if (phase instanceof Phase.None) {
          saver.newest(changed.files());
        }
      }
      case WorkerCommand.Release _ -> release();
      case WorkerCommand.HandOver handOver -> handOver(handOver.letTurnEnd());
      case WorkerCommand.Acknowledge _ -> acknowledged();
      case WorkerCommand.Resend _ -> resend();
      case Serve serve -> serve(serve);
      case WorkerSignal signal -> onOwn(signal);
    }
    return this;
  }

  private void onOwn(WorkerSignal signal) {
    switch (signal) {
      case WorkerSignal.Started started -> started(started);
      case WorkerSignal.StartFailed failed -> startFailed(failed);
      case WorkerSignal.AgentLine line -> heard(line);
      case WorkerSignal.AgentExited exited -> agentExited(exited);
      case WorkerSignal.ModelNoticed(var notice) ->
          entity.tell(new SessionCommand.ModelSaid(notice.turn(), notice.kind(), notice.json()));
      case WorkerSignal.ProcessGone gone -> processGone(gone);
      case WorkerSignal.Prompted prompted -> prompted(prompted);
      case WorkerSignal.FilesSaved saved -> filesSaved(saved);
      case WorkerSignal.Flushed flushed -> flushed(flushed);
      case WorkerSignal.Served served -> served(served.request());
      case WorkerSignal.FreezeTick _ -> {
        if (isIdle() && phase instanceof Phase.Live live) {
          live.process().sandbox().freeze();
        }
      }
      case WorkerSignal.Evict _, WorkerSignal.IdleTick _ -> {
        if (isIdle()) {
          release();
        }
      }
      case WorkerSignal.TranscriptTick _ -> saver.flushTranscript();
      case WorkerSignal.SaveTick _ -> saveIdle();
      case WorkerSignal.ToolSaveTick _ -> {
        if (turn.filter(AgentTurn::isUnderWay).isPresent()) {
          save(0);
        }
      }
      case WorkerSignal.InterruptTick tick -> interruptTimedOut(tick.turn());
      case WorkerSignal.HandOverTick _ -> release();
      case WorkerSignal.Released _ -> released();
    }
  }

  @Override
  public Behavior<WorkerCommand> onSignal(Signal signal) {
    if (signal instanceof PostStop || signal instanceof PreRestart) {
      switch (phase) {
        case Phase.None() -> {}
        case Phase.Starting(var ordered) -> ordered.order().withdraw();
        case Phase.Live live -> live.process().close();
        case Phase.Releasing(var process) -> process.close();
      }
      phase = new Phase.None();
    }
    return this;
  }

  // ---- the turn

  private void run(Run run) {
    if (handingOver) {
      return;
    }
    turn = Optional.of(new AgentTurn(run));
    lastTurn = run.turn();
    lastReport = Optional.empty();
    lines.restart();
    wake();
    switch (phase) {
      case Phase.None() -> start(run.setup());
      case Phase.Live live -> prompt(live, turn.get());
      case Phase.Starting _, Phase.Releasing _ -> {}
    }
  }

  private void prompt(Phase.Live live, AgentTurn now) {
    if (now.isInterrupted()) {
      now.neverBegun();
      reportWhenDone();
      return;
    }
    live.process().place().busy();
    now.begun();
    tools.model().turn(id, now.number());
    getContext()
        .pipeToSelf(
            live.agent().prompt(now.run()),
            (_, failure) ->
                new WorkerSignal.Prompted(
                    now.number(), Optional.ofNullable(failure).map(SessionWorker::why)));
  }

  private static String why(Throwable failure) {
    var cause =
        failure instanceof CompletionException && failure.getCause() != null
            ? failure.getCause()
            : failure;
    var why = String.valueOf(cause.getMessage());
    return why.contains("no such program")
        ? why + " (CLAUDE_CODE_EXECUTABLE names it; ./ash tools installs it)"
        : why;
  }

  private void prompted(WorkerSignal.Prompted prompted) {
    if (!(phase instanceof Phase.Live live) || isOther(prompted.turn())) {
      return;
    }
    var now = turn.orElseThrow();
    live.agent().prompted();
    now.told();
    if (prompted.failure().isPresent()) {
      now.lost("the agent could not be told the message: " + prompted.failure().get());
      // What does not take a message will not take the next one either.
      drop(live);
      reportWhenDone();
    } else if (now.isInterrupted()) {
      tellInterrupt(live, now);
    }
  }

  private boolean isOther(long number) {
    return turn.filter(now -> now.number() == number).isEmpty();
  }

  private void heard(WorkerSignal.AgentLine said) {
    var raw = said.raw();
    // A process that is gone may have spoken until its end.
    if (!(phase instanceof Phase.Live live) || !live.ears().equals(said.from())) {
      lines.drop(raw);
      return;
    }
    var heard = tools.driver().hear(raw);
    if (live.abandoned() && !(heard instanceof AgentDriver.Heard.Transcript)) {
      lines.drop(raw);
      return;
    }
    switch (heard) {
      case AgentDriver.Heard.Complete() -> {
        turn.ifPresent(now -> now.hear(raw));
        noteTool(raw);
        lines.add(new Line(raw, false));
        send();
      }
      case AgentDriver.Heard.Partial() -> {
        lines.add(new Line(raw, true));
        send();
      }
      case AgentDriver.Heard.Transcript(var path, var entries) -> {
        lines.drop(raw);
        live.agent().transcribed(path);
        saver.transcript(path, entries);
        startTimerOnce("transcript", new WorkerSignal.TranscriptTick(), TRANSCRIPT_DELAY);
      }
      case AgentDriver.Heard.Idle() -> {
        lines.drop(raw);
        turn.filter(AgentTurn::isUnderWay).ifPresent(this::finish);
      }
      case AgentDriver.Heard.Wants(var answer) -> {
        lines.drop(raw);
        watch(live.agent().tell(answer));
      }
      case AgentDriver.Heard.Nothing() -> lines.drop(raw);
    }
  }

  /** What a tool has made must not be lost with the process in a long turn. */
  private void noteTool(String raw) {
    if (raw.contains("\"tool_result\"")) {
      startTimerOnce("tool-save", new WorkerSignal.ToolSaveTick(), TOOL_SAVE_DELAY);
    }
  }

  private void send() {
    lines.next(lastTurn).ifPresent(entity::tell);
  }

  private void acknowledged() {
    lines.acknowledged();
    send();
    reportWhenDone();
  }

  /** The entity was read again: what it may not have taken is told again. */
  private void resend() {
    lines.unacknowledged().ifPresent(entity::tell);
    saver.newest().ifPresent(files -> entity.tell(new Saved(files)));
  }

  /** The agent is done: what it left is stored before the turn may end. */
  private void finish(AgentTurn now) {
    now.saving();
    save(now.number());
  }

  private void filesSaved(WorkerSignal.FilesSaved saved) {
    saved.manifest().ifPresent(saver::newest);
    var own = turn.filter(now -> now.number() == saved.turn() && now.isSaving());
    if (own.isPresent()) {
      own.get().saved(saved.manifest(), saved.failure());
      reportWhenDone();
    } else {
      saved.manifest().ifPresent(manifest -> entity.tell(new Saved(manifest)));
      saved.failure().ifPresent(why -> log.add("system", "Workspace not saved: " + why));
    }
  }

  private void lose(String why) {
    if (handingOver && turn.filter(now -> !now.isInterrupted()).isPresent()) {
      // What ends this node took its sandboxes first; the next owner goes on.
      turn = Optional.empty();
      release();
      return;
    }
    turn.filter(now -> !now.isSaving()).ifPresent(now -> now.lost(why));
    reportWhenDone();
  }

  private void reportWhenDone() {
    var report = turn.flatMap(AgentTurn::report).filter(_ -> lines.isEmpty());
    if (report.isPresent()) {
      lastReport = report;
      turn = Optional.empty();
      entity.tell(report.get());
      if (phase instanceof Phase.Live live && serving == 0) {
        live.process().place().idle();
      }
      becomeIdle();
    }
  }

  private void interrupt(long number) {
    if (!isOther(number) && turn.orElseThrow().interrupt() && turn.get().isTold()) {
      if (phase instanceof Phase.Live live) {
        tellInterrupt(live, turn.get());
      }
    }
  }

  private void tellInterrupt(Phase.Live live, AgentTurn now) {
    watch(live.agent().interrupt(now.number()));
    timers.startSingleTimer(
        "interrupt", new WorkerSignal.InterruptTick(now.number()), INTERRUPT_LIMIT);
  }

  /** A bridge that the agent has stopped obeys nobody; then all of the sandbox goes. */
  private void interruptTimedOut(long number) {
    if (!isOther(number) && turn.orElseThrow().isUnderWay() && phase instanceof Phase.Live live) {
      var _ =
          live.agent()
              .kill()
              .whenCompleteAsync(
                  (_, failure) -> {
                    if (failure != null) {
                      log.add("system", "The agent could not be ended: " + failure.getMessage());
                      live.process().sandbox().close();
                    }
                  },
                  tools.blocking());
    }
  }

  private void confirm(long number) {
    if (!isOther(number)) {
      resend();
    } else if (lastReport.filter(report -> turnOf(report) == number).isPresent()) {
      entity.tell(lastReport.get());
    } else {
      entity.tell(new Lost(number, "the node that ran it was lost"));
    }
  }

  private static long turnOf(Reported report) {
    return switch (report) {
      case Finished finished -> finished.turn();
      case Lost lost -> lost.turn();
      case Spoke spoke -> spoke.turn();
      case SessionCommand.ModelSaid said -> said.turn();
      case Saved _ -> 0;
    };
  }

  private void abandon(long number) {
    if (isOther(number)) {
      return;
    }
    turn = Optional.empty();
    lines.restart();
    if (phase instanceof Phase.Live live) {
      phase = new Phase.Live(live.process(), live.ears(), live.agent(), true);
    }
  }

  // ---- the process

  private void prepare(Setup setup) {
    if (phase instanceof Phase.None && !handingOver) {
      maker.orderIfFree(saver.upToDate(setup)).ifPresent(this::await);
    }
  }

  private void start(Setup setup) {
    await(maker.order(saver.upToDate(setup)));
  }

  private void await(ProcessMaker.Ordered ordered) {
    phase = new Phase.Starting(ordered);
    getContext()
        .pipeToSelf(
            ordered.outcome(),
            (signal, failure) ->
                signal != null
                    ? signal
                    : new WorkerSignal.StartFailed(ordered.order(), "" + failure, false));
  }

  private boolean isStale(ProcessOrder order) {
    return !(phase instanceof Phase.Starting(var current)) || !current.order().equals(order);
  }

  private void started(WorkerSignal.Started started) {
    if (isStale(started.order())) {
      return; // withdrawn, and so closed by its order
    }
    started.order().taken();
    var process = started.process();
    var agent = new AgentControl(id, process, tools.driver(), log);
    var live = new Phase.Live(process, started.ears(), agent, false);
    phase = live;
    process.place().ready();
    entity.tell(new SessionCommand.WorkerLive(true));
    getContext()
        .pipeToSelf(
            end(process, started.ears()), (why, _) -> new WorkerSignal.ProcessGone(process, why));
    serveWaiting();
    if (turn.isPresent()) {
      prompt(live, turn.get());
    } else {
      becomeIdle();
    }
  }

  /**
   * The sandbox's end, or that of the bridge alone: without it nobody can speak with the agent. The
   * one most often means the other, and the sandbox's says more.
   */
  private static CompletionStage<String> end(LiveProcess live, BridgeEars ears) {
    var exit = live.sandbox().exit().thenApply(SessionWorker::reason).toCompletableFuture();
    var alone =
        ears.closed()
            .thenCompose(
                why ->
                    exit.copy()
                        .completeOnTimeout(
                            "the bridge left: " + why, EXIT_AFTER_BRIDGE.toMillis(), MILLISECONDS));
    return exit.applyToEither(alone, why -> why);
  }

  private static String reason(Exit exit) {
    return switch (exit.cause()) {
      case ENDED -> "the sandbox ended";
      case OUT_OF_MEMORY -> "the sandbox ran out of memory";
      case DISK_FULL -> "the sandbox ran out of disk space";
    };
  }

  private void startFailed(WorkerSignal.StartFailed failed) {
    if (isStale(failed.order())) {
      return;
    }
    phase = new Phase.None();
    var code = failed.noRoom() ? Rejection.Code.NO_CAPACITY : Rejection.Code.FAILED;
    refuseWaiting(code, failed.why());
    turn.ifPresent(now -> now.impossible("Failed to start the sandbox: " + failed.why()));
    reportWhenDone();
  }

  private void agentExited(WorkerSignal.AgentExited exited) {
    if (phase instanceof Phase.Live live
        && live.ears().equals(exited.from())
        && !live.abandoned()) {
      live.agent().exited(exited.code()).ifPresent(this::lose);
    }
  }

  private void processGone(WorkerSignal.ProcessGone gone) {
    if (phase instanceof Phase.Live live && live.process().equals(gone.process())) {
      drop(live);
      lose(gone.why());
    }
  }

  /** The process is gone or good for nothing: nothing more can be saved from it. */
  private void drop(Phase.Live live) {
    live.process().close();
    phase = new Phase.None();
    entity.tell(new SessionCommand.WorkerLive(false));
    saver.flushTranscript();
  }

  private boolean isIdle() {
    return turn.isEmpty() && serving == 0 && waiting.isEmpty();
  }

  /** Saves and ends the process, away from the actor's thread. */
  private void release() {
    switch (phase) {
      case Phase.None() -> released();
      case Phase.Starting(var ordered) -> {
        if (handingOver || isIdle()) {
          maker.withdraw(ordered);
          released();
        }
      }
      case Phase.Live live -> {
        wake();
        saver.flushTranscript();
        phase = new Phase.Releasing(live.process());
        getContext()
            .pipeToSelf(
                saver
                    .save(live.process().bridge(), turn.map(now -> now.run().setup()), 0)
                    .thenApplyAsync(
                        saved -> {
                          self.tell(saved);
                          live.process().close();
                          return saved;
                        },
                        tools.blocking()),
                (_, _) -> new WorkerSignal.Released());
      }
      case Phase.Releasing _ -> {}
    }
  }

  private void released() {
    saver.flushTranscript();
    if (phase instanceof Phase.Releasing) {
      entity.tell(new SessionCommand.WorkerLive(false));
    }
    phase = new Phase.None();
    timers.cancel("freeze");
    timers.cancel("idle");
    if (handingOver) {
      refuseWaiting(Rejection.Code.UNAVAILABLE, "The session moves to another node; try again");
      entity.tell(new SessionCommand.HandedOver());
      return;
    }
    turn.ifPresent(now -> start(now.run().setup()));
    var held = List.copyOf(waiting);
    waiting.clear();
    held.forEach(this::serve);
  }

  private void handOver(boolean letTurnEnd) {
    handingOver = true;
    if (letTurnEnd && turn.isPresent() && !(phase instanceof Phase.Releasing)) {
      timers.startSingleTimer("hand-over", new WorkerSignal.HandOverTick(), HAND_OVER_LIMIT);
    } else {
      release();
    }
  }

  private void becomeIdle() {
    if (handingOver) {
      release();
      return;
    }
    timers.startSingleTimer("freeze", new WorkerSignal.FreezeTick(), tools.config().freezeAfter());
    timers.startSingleTimer("idle", new WorkerSignal.IdleTick(), tools.config().idleTimeout());
  }

  private void wake() {
    timers.cancel("freeze");
    timers.cancel("idle");
    if (phase instanceof Phase.Live live) {
      live.process().sandbox().thaw();
    }
  }

  // ---- what clients ask of the sandbox

  private void serve(Serve serve) {
    if (serve.request() instanceof SessionCommand.Logs logs) {
      var logged = new SessionReply.Logged(log.after(logs.after()));
      logs.replyTo().tell(tools.parcels().packed(logged, logs.replyTo()));
      return;
    }
    if (serve.request() instanceof SessionCommand.Flush flush && phase instanceof Phase.Live live) {
      flush(live, flush);
      return;
    }
    switch (phase) {
      case Phase.Starting _, Phase.Releasing _ -> waiting.add(serve);
      case Phase.Live live -> serveWith(live.process(), serve.request());
      case Phase.None() -> {
        if (serve.request() instanceof SessionCommand.Exec && !handingOver) {
          waiting.add(serve);
          start(serve.setup());
        } else {
          saver.flushTranscript();
          var files = saver.upToDate(serve.setup());
          serve.request().replyTo().tell(new NotLive(files.workspace(), files.agent().manifest()));
        }
      }
    }
  }

  /** A turn under way will save its files itself; whoever asks meanwhile gets those before it. */
  private void flush(Phase.Live live, SessionCommand.Flush request) {
    saver.flushTranscript();
    if (turn.isPresent()) {
      request.replyTo().tell(new SessionReply.FileDone());
      return;
    }
    wake();
    getContext()
        .pipeToSelf(
            saver.save(live.process().bridge(), Optional.empty(), 0),
            (saved, _) -> new WorkerSignal.Flushed(saved, request));
    becomeIdle();
  }

  private void flushed(WorkerSignal.Flushed flushed) {
    filesSaved(flushed.saved());
    var reply =
        flushed
            .saved()
            .failure()
            .<SessionReply>map(why -> new Refused(new Rejection(Rejection.Code.FAILED, why)))
            .orElseGet(SessionReply.FileDone::new);
    flushed.request().replyTo().tell(reply);
  }

  private void serveWaiting() {
    var held = List.copyOf(waiting);
    waiting.clear();
    held.forEach(this::serve);
  }

  private void refuseWaiting(Rejection.Code code, String why) {
    waiting.forEach(w -> w.request().replyTo().tell(new Refused(new Rejection(code, why))));
    waiting.clear();
  }

  private void serveWith(LiveProcess live, SessionCommand.Served request) {
    serving++;
    wake();
    if (turn.isEmpty()) {
      live.place().busy();
    }
    getContext()
        .pipeToSelf(
            LiveRequests.serve(live, log, request, tools.metrics())
                .thenApplyAsync(
                    reply -> {
                      request.replyTo().tell(tools.parcels().packed(reply, request.replyTo()));
                      return reply;
                    },
                    tools.blocking()),
            (_, _) -> new WorkerSignal.Served(request));
  }

  private void served(SessionCommand.Served request) {
    serving--;
    if (turn.isEmpty()) {
      if (serving == 0 && phase instanceof Phase.Live live) {
        live.process().place().idle();
      }
      if (LiveRequests.changesFiles(request)) {
        timers.startSingleTimer("save", new WorkerSignal.SaveTick(), SAVE_DELAY);
      }
      becomeIdle();
    }
  }

  // ---- what must outlive the process

  private void saveIdle() {
    if (isIdle() && phase instanceof Phase.Live) {
      wake();
      save(0);
      becomeIdle();
    }
  }

  private void save(long number) {
    if (phase instanceof Phase.Live live) {
      saver.flushTranscript();
      getContext()
          .pipeToSelf(
              saver.save(live.process().bridge(), turn.map(now -> now.run().setup()), number),
              (saved, _) -> saved);
    } else {
      lose("the sandbox ended");
    }
  }

  private void startTimerOnce(String name, WorkerSignal tick, Duration delay) {
    if (!timers.isTimerActive(name)) {
      timers.startSingleTimer(name, tick, delay);
    }
  }

  private void watch(CompletionStage<Void> stage) {
    var _ =
        stage.whenComplete(
            (_, failure) -> {
              if (failure != null) {
                log.add("system", "The agent could not be told: " + failure.getMessage());
              }
            });
  }
}
