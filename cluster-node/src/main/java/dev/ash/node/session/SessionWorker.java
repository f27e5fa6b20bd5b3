package dev.ash.node.session;

import static java.util.concurrent.TimeUnit.MILLISECONDS;

import dev.ash.config.SandboxConfig;
import dev.ash.node.bridge.Bridge;
import dev.ash.node.driver.AgentDriver;
import dev.ash.node.sandbox.Places;
import dev.ash.node.sandbox.Places.Place;
import dev.ash.node.sandbox.Sandboxes.Exit;
import dev.ash.node.session.ProcessStarter.StartException;
import dev.ash.node.session.SessionCommand.Finished;
import dev.ash.node.session.SessionCommand.Line;
import dev.ash.node.session.SessionCommand.Lost;
import dev.ash.node.session.SessionCommand.Reported;
import dev.ash.node.session.SessionCommand.Saved;
import dev.ash.node.session.SessionReply.NotLive;
import dev.ash.node.session.SessionReply.Refused;
import dev.ash.node.session.WorkerCommand.Run;
import dev.ash.node.session.WorkerCommand.Serve;
import dev.ash.node.session.WorkerCommand.Setup;
import dev.ash.node.telemetry.Metrics;
import dev.ash.node.workspace.Workspaces;
import dev.ash.protocol.id.Digest;
import dev.ash.protocol.id.SessionId;
import dev.ash.protocol.session.Rejection;
import dev.ash.protocol.session.SessionEvent.Outcome;
import dev.ash.protocol.session.TurnOptions;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
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
 * Owns a session's process: makes it when there is work, drives the agent through a turn, saves
 * what the turn left, and lets the process go when it idles. Runs on {@code blocking-io}, so short
 * blocking steps are taken here; long ones are stages piped back.
 *
 * <p>A turn is reported exactly once, as {@code Finished} or {@code Lost}, after all its lines.
 */
final class SessionWorker extends AbstractMatchingBehavior<WorkerCommand> {
  private static final Duration TRANSCRIPT_DELAY = Duration.ofMillis(500);
  private static final Duration SAVE_DELAY = Duration.ofMillis(300);
  private static final Duration TOOL_SAVE_DELAY = Duration.ofSeconds(1);
  private static final Duration INTERRUPT_LIMIT = Duration.ofSeconds(10);
  private static final Duration HAND_OVER_LIMIT = Duration.ofSeconds(3);
  private static final Duration AGENT_GRACE = Duration.ofSeconds(2);
  private static final Duration EXIT_AFTER_BRIDGE = Duration.ofSeconds(1);
  private static final int LAST_WORDS = 5;

  /** What a session's worker needs of its node. */
  record Tools(
      ProcessStarter starter,
      Places places,
      Workspaces workspaces,
      Transcripts transcripts,
      AgentDriver driver,
      SandboxConfig config,
      InstantSource clock,
      Executor blocking,
      Metrics metrics) {}

  /** A turn under way. */
  private static final class Turn {
    final Run run;
    boolean prompted;
    boolean interrupted;
    boolean failed;
    boolean saving;
    Optional<Reported> report = Optional.empty();

    Turn(Run run) {
      this.run = run;
    }
  }

  private record TranscriptPart(String path, List<String> lines) {}

  private final SessionId id;
  private final ActorRef<WorkerCommand> self;
  private final ActorRef<SessionCommand> entity;
  private final Tools tools;
  private final TimerScheduler<WorkerCommand> timers;
  private final SandboxLog log;
  private final LineBuffer lines = new LineBuffer();
  private final List<Serve> waiting = new ArrayList<>();
  private final List<TranscriptPart> transcript = new ArrayList<>();

  private Optional<LiveProcess> process = Optional.empty();
  private Object ears = new Object();
  private CompletableFuture<?> lastSave = CompletableFuture.completedFuture(null);
  private Optional<TurnOptions> agentOptions = Optional.empty();
  private Optional<Turn> turn = Optional.empty();
  private Optional<Reported> lastReport = Optional.empty();
  private Optional<Digest> newestFiles = Optional.empty();
  private long lastTurn;
  private long agentLog;
  private int serving;
  private boolean spokeHere;

  /** Whether the agent still talks about a turn that has ended in the log. */
  private boolean abandoned;

  private boolean starting;
  private boolean unwanted;
  private boolean releasing;
  private boolean stoppingAgent;
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
    this.self = context.getSelf();
    this.id = id;
    this.entity = entity;
    this.tools = tools;
    this.timers = timers;
    this.log = new SandboxLog(tools.clock());
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
      case WorkerCommand.FilesChanged changed -> newestFiles = Optional.of(changed.manifest());
      case WorkerCommand.Release _ -> release();
      case WorkerCommand.HandOver handOver -> handOver(handOver.letTurnEnd());
      case WorkerCommand.Acknowledge _ -> acknowledged();
      case WorkerCommand.Resend _ -> lines.unacknowledged().ifPresent(entity::tell);
      case Serve serve -> serve(serve);
      case WorkerCommand.Internal signal -> {
        if (signal instanceof WorkerSignal known) {
          onSignalOfOwn(known);
        }
      }
    }
    return this;
  }

  private void onSignalOfOwn(WorkerSignal signal) {
    switch (signal) {
      case WorkerSignal.Started started -> started(started);
      case WorkerSignal.StartFailed failed -> startFailed(failed);
      case WorkerSignal.AgentLine line -> {
        // A dead process may have spoken until its end; its turn goes on without it.
        if (line.from().equals(ears)) {
          heard(line.raw());
        } else {
          lines.drop(line.raw());
        }
      }
      case WorkerSignal.AgentExited exited -> {
        if (exited.from().equals(ears)) {
          agentExited(exited.code());
        }
      }
      case WorkerSignal.ProcessGone gone -> processGone(gone);
      case WorkerSignal.Prompted prompted -> prompted(prompted);
      case WorkerSignal.FilesSaved saved -> filesSaved(saved);
      case WorkerSignal.Served served -> served(served.request());
      case WorkerSignal.Evict _ -> releaseIfIdle();
      case WorkerSignal.FreezeTick _ -> {
        if (isIdle()) {
          process.ifPresent(live -> live.sandbox().freeze());
        }
      }
      case WorkerSignal.IdleTick _ -> releaseIfIdle();
      case WorkerSignal.TranscriptTick _ -> flushTranscript();
      case WorkerSignal.SaveTick _ -> saveIdle();
      case WorkerSignal.ToolSaveTick _ -> saveAfterTool();
      case WorkerSignal.InterruptTick tick -> interruptTimedOut(tick.turn());
      case WorkerSignal.HandOverTick _ -> release();
      case WorkerSignal.Released _ -> released();
    }
  }

  @Override
  public Behavior<WorkerCommand> onSignal(Signal signal) {
    if (signal instanceof PostStop || signal instanceof PreRestart) {
      process.ifPresent(LiveProcess::close);
      process = Optional.empty();
    }
    return this;
  }

  // ---- the turn

  private void run(Run run) {
    if (handingOver) {
      return;
    }
    turn = Optional.of(new Turn(run));
    lastTurn = run.turn();
    lastReport = Optional.empty();
    unwanted = false;
    lines.restart();
    wake();
    if (process.isPresent() && !releasing) {
      prompt(process.get(), turn.get());
    } else if (!starting && !releasing) {
      start(run.setup(), false);
    }
  }

  private void prompt(LiveProcess live, Turn now) {
    if (now.interrupted) {
      now.report = Optional.of(finished(now, Optional.empty(), Optional.empty()));
      reportWhenDone();
      return;
    }
    live.place().busy();
    var options = now.run.options();
    var fits = agentOptions.filter(started -> tools.driver().serves(started, options)).isPresent();
    CompletionStage<Void> ready =
        fits ? CompletableFuture.completedFuture(null) : startAgent(live, now);
    agentOptions = Optional.of(options);
    var line =
        tools
            .driver()
            .prompt(
                new AgentDriver.Prompt(
                    now.run.turn(),
                    now.run.continuation() ? CONTINUE : now.run.contentJson(),
                    options,
                    now.run.continuation() || now.run.setup().talked()));
    getContext()
        .pipeToSelf(
            ready.thenCompose(_ -> live.bridge().tellAgent(line)),
            (_, failure) ->
                new WorkerSignal.Prompted(
                    now.run.turn(),
                    Optional.ofNullable(failure).map(f -> String.valueOf(f.getMessage()))));
  }

  private static final String CONTINUE =
      "\"The process that worked on my last message was lost before it was done. Look at what is"
          + " already there, then go on with it; do not repeat what is finished.\"";

  private CompletionStage<Void> startAgent(LiveProcess live, Turn now) {
    agentLog = log.next();
    var conversation = live.conversation();
    var from = spokeHere ? Optional.of(id) : conversation.from();
    var process =
        tools
            .driver()
            .process(
                new AgentDriver.Conversation(
                    id,
                    now.run.setup().settings(),
                    conversation.environment(),
                    conversation.program(),
                    conversation.hostSockets(),
                    conversation.workspace(),
                    conversation.home(),
                    from),
                now.run.options());
    if (agentOptions.isEmpty()) {
      return live.bridge().startAgent(process);
    }
    stoppingAgent = true;
    return live.bridge().stopAgent(AGENT_GRACE).thenCompose(_ -> live.bridge().startAgent(process));
  }

  private void prompted(WorkerSignal.Prompted prompted) {
    turn.filter(now -> now.run.turn() == prompted.turn())
        .ifPresent(
            now -> {
              now.prompted = true;
              prompted
                  .failure()
                  .ifPresent(
                      why -> {
                        agentOptions = Optional.empty();
                        lose(now, "the agent could not be told the message: " + why);
                      });
              if (now.interrupted) {
                tellInterrupt(now);
              }
            });
  }

  private void heard(String raw) {
    var heard = tools.driver().hear(raw);
    if (abandoned && !(heard instanceof AgentDriver.Heard.Transcript)) {
      lines.drop(raw);
      return;
    }
    switch (heard) {
      case AgentDriver.Heard.Complete() -> {
        spokeHere = true;
        noteResult(raw);
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
        transcript.add(new TranscriptPart(path, entries));
        if (!timers.isTimerActive("transcript")) {
          timers.startSingleTimer(
              "transcript", new WorkerSignal.TranscriptTick(), TRANSCRIPT_DELAY);
        }
      }
      case AgentDriver.Heard.Idle() -> {
        lines.drop(raw);
        turn.filter(now -> now.prompted && !now.saving && now.report.isEmpty())
            .ifPresent(this::finish);
      }
      case AgentDriver.Heard.Wants(var answer) -> {
        lines.drop(raw);
        process.ifPresent(live -> watch(live.bridge().tellAgent(answer)));
      }
      case AgentDriver.Heard.Nothing() -> lines.drop(raw);
    }
  }

  private void noteResult(String raw) {
    if (raw.contains("\"result\"")) {
      dev.ash.node.driver.AgentLine.parse(raw)
          .filter(line -> line.type().equals("result"))
          .ifPresent(
              line -> turn.ifPresent(now -> now.failed = line.json().path("is_error").asBoolean()));
    }
  }

  /** What a tool has made must not be lost with the process in a long turn. */
  private void noteTool(String raw) {
    if (raw.contains("\"tool_result\"") && !timers.isTimerActive("tool-save")) {
      timers.startSingleTimer("tool-save", new WorkerSignal.ToolSaveTick(), TOOL_SAVE_DELAY);
    }
  }

  private void saveAfterTool() {
    if (turn.filter(now -> now.prompted && !now.saving).isPresent() && !releasing) {
      save(0);
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

  /** The agent is done: what it left is stored before the turn may end. */
  private void finish(Turn now) {
    now.saving = true;
    save(now.run.turn());
  }

  private void filesSaved(WorkerSignal.FilesSaved saved) {
    saved.manifest().ifPresent(manifest -> newestFiles = Optional.of(manifest));
    var own = turn.filter(now -> now.run.turn() == saved.turn() && now.saving);
    if (own.isEmpty()) {
      saved.manifest().ifPresent(manifest -> entity.tell(new Saved(manifest)));
      saved.failure().ifPresent(why -> log.add("system", "Workspace not saved: " + why));
      return;
    }
    own.get().report = Optional.of(finished(own.get(), saved.manifest(), saved.failure()));
    reportWhenDone();
  }

  private static Finished finished(Turn now, Optional<Digest> files, Optional<String> failure) {
    var outcome =
        now.interrupted
            ? Outcome.INTERRUPTED
            : failure.isPresent() || now.failed ? Outcome.FAILED : Outcome.COMPLETED;
    return new Finished(
        now.run.turn(), outcome, failure.map(why -> "Workspace not saved: " + why), files);
  }

  private void lose(Turn now, String why) {
    if (now.report.isEmpty()) {
      now.report =
          Optional.of(
              now.interrupted
                  ? finished(now, Optional.empty(), Optional.empty())
                  : new Lost(now.run.turn(), why));
      reportWhenDone();
    }
  }

  private void reportWhenDone() {
    var done = turn.filter(now -> now.report.isPresent() && lines.isEmpty());
    if (done.isPresent()) {
      lastReport = done.get().report;
      turn = Optional.empty();
      lastReport.ifPresent(entity::tell);
      process.ifPresent(live -> live.place().idle());
      becomeIdle();
    }
  }

  private void interrupt(long number) {
    turn.filter(now -> now.run.turn() == number && !now.interrupted)
        .ifPresent(
            now -> {
              now.interrupted = true;
              if (now.prompted) {
                tellInterrupt(now);
              }
            });
  }

  private void tellInterrupt(Turn now) {
    process.ifPresent(
        live ->
            watch(
                live.bridge().tellAgent(tools.driver().interrupt("interrupt-" + now.run.turn()))));
    timers.startSingleTimer(
        "interrupt", new WorkerSignal.InterruptTick(now.run.turn()), INTERRUPT_LIMIT);
  }

  private void interruptTimedOut(long number) {
    if (turn.filter(now -> now.run.turn() == number && !now.saving).isPresent()) {
      process.ifPresent(this::stopByForce);
    }
  }

  /** A bridge that the agent has stopped obeys nobody; then all of the sandbox goes. */
  private void stopByForce(LiveProcess live) {
    var _ =
        live.bridge()
            .stopAgent(Duration.ZERO)
            .whenCompleteAsync(
                (_, failure) -> {
                  if (failure != null) {
                    log.add("system", "The agent could not be stopped: " + failure.getMessage());
                    live.sandbox().close();
                  }
                },
                tools.blocking());
  }

  private void confirm(long number) {
    if (turn.filter(now -> now.run.turn() == number).isPresent()) {
      lines.unacknowledged().ifPresent(entity::tell);
    } else if (lastReport.filter(report -> turnOf(report) == number).isPresent()) {
      lastReport.ifPresent(entity::tell);
    } else {
      entity.tell(new Lost(number, "the node that ran it was lost"));
    }
  }

  private static long turnOf(Reported report) {
    return switch (report) {
      case Finished finished -> finished.turn();
      case Lost lost -> lost.turn();
      case SessionCommand.Spoke spoke -> spoke.turn();
      case Saved _ -> 0;
    };
  }

  private void abandon(long number) {
    if (turn.filter(now -> now.run.turn() == number).isPresent()) {
      turn = Optional.empty();
      lines.restart();
      abandoned = process.isPresent();
    }
  }

  // ---- the process

  private void prepare(Setup setup) {
    unwanted = false;
    if (process.isEmpty() && !starting && !releasing && !handingOver) {
      start(setup, true);
    }
  }

  private void start(Setup given, boolean onlyIfFree) {
    var setup =
        newestFiles
            .map(
                files ->
                    new Setup(
                        given.tenant(),
                        given.agent(),
                        given.settings(),
                        Optional.of(files),
                        given.origin(),
                        given.talked()))
            .orElse(given);
    Runnable evict = () -> self.tell(new WorkerSignal.Evict());
    if (onlyIfFree) {
      tools.places().tryTake(evict).ifPresent(place -> startIn(place, setup));
      return;
    }
    starting = true;
    var wanted = tools.places().take(evict).toCompletableFuture();
    var patience = tools.config().acquireTimeout();
    getContext()
        .pipeToSelf(
            wanted
                .orTimeout(patience.toMillis(), MILLISECONDS)
                .thenApplyAsync(place -> makeProcess(place, setup), tools.blocking()),
            (signal, failure) -> failure == null ? signal : noPlace());
  }

  private static WorkerCommand noPlace() {
    return new WorkerSignal.StartFailed(
        "Sandbox capacity reached and no evictable sandboxes (all running)", true);
  }

  private void startIn(Place place, Setup setup) {
    starting = true;
    getContext()
        .pipeToSelf(
            CompletableFuture.supplyAsync(() -> makeProcess(place, setup), tools.blocking()),
            (signal, failure) ->
                failure == null
                    ? signal
                    : new WorkerSignal.StartFailed(String.valueOf(failure.getMessage()), false));
  }

  /** Runs on a thread of its own; a process that comes too late is ended by whoever gets it. */
  private WorkerCommand makeProcess(Place place, Setup setup) {
    var listener = new Ears();
    try {
      return new WorkerSignal.Started(
          tools.starter().start(id, setup, place, log, listener), listener, listener.closed);
    } catch (StartException e) {
      place.close();
      log.add("system", "Sandbox not started: " + e.getMessage());
      return new WorkerSignal.StartFailed(String.valueOf(e.getMessage()), false);
    } catch (InterruptedException e) {
      place.close();
      Thread.currentThread().interrupt();
      return new WorkerSignal.StartFailed("the node is shutting down", false);
    } catch (RuntimeException e) {
      place.close();
      return new WorkerSignal.StartFailed("unexpected failure: " + e, false);
    }
  }

  /** Hears the bridge, on the bridge's thread. */
  private final class Ears implements Bridge.Listener {
    final CompletableFuture<String> closed = new CompletableFuture<>();

    @Override
    public void agentLine(String line) throws InterruptedException {
      lines.admit(line);
      self.tell(new WorkerSignal.AgentLine(this, line));
    }

    @Override
    public void agentLog(String line) {
      log.add("stderr", line);
    }

    @Override
    public void agentExited(int code) {
      self.tell(new WorkerSignal.AgentExited(this, code));
    }

    @Override
    public void closed(String reason) {
      log.add("system", "Bridge closed: " + reason);
      closed.complete(reason);
    }
  }

  private void started(WorkerSignal.Started started) {
    var live = started.process();
    if (!starting) {
      // Asked for by a worker that failed since and made another.
      tools.blocking().execute(live::close);
      return;
    }
    starting = false;
    process = Optional.of(live);
    ears = started.ears();
    agentOptions = Optional.empty();
    spokeHere = false;
    abandoned = false;
    live.place().ready();
    entity.tell(new SessionCommand.WorkerLive(true));
    getContext()
        .pipeToSelf(
            end(live, started.bridgeClosed()), (why, _) -> new WorkerSignal.ProcessGone(live, why));
    serveWaiting(live);
    if (handingOver || unwanted) {
      unwanted = false;
      release();
    } else if (turn.isPresent()) {
      prompt(live, turn.get());
    } else {
      becomeIdle();
    }
  }

  /**
   * The sandbox's end, or that of the bridge alone: without it nobody can speak with the agent. The
   * one most often means the other, and the sandbox's says more.
   */
  private static CompletionStage<String> end(
      LiveProcess live, CompletionStage<String> bridgeClosed) {
    var exit = live.sandbox().exit().thenApply(SessionWorker::reason).toCompletableFuture();
    var alone =
        bridgeClosed.thenCompose(
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
    starting = false;
    var code = failed.noRoom() ? Rejection.Code.NO_CAPACITY : Rejection.Code.FAILED;
    waiting.forEach(
        w -> w.request().replyTo().tell(new Refused(new Rejection(code, failed.why()))));
    waiting.clear();
    turn.ifPresent(
        now -> {
          now.report =
              Optional.of(
                  new Finished(
                      now.run.turn(),
                      Outcome.FAILED,
                      Optional.of("Failed to start the sandbox: " + failed.why()),
                      Optional.empty()));
          reportWhenDone();
        });
    if (handingOver) {
      entity.tell(new SessionCommand.HandedOver());
    }
  }

  private void agentExited(int code) {
    if (abandoned) {
      return;
    }
    if (stoppingAgent) {
      stoppingAgent = false;
      return;
    }
    agentOptions = Optional.empty();
    turn.filter(now -> !now.saving)
        .ifPresent(
            now -> lose(now, "the agent's process ended with exit code " + code + lastWords()));
  }

  private String lastWords() {
    var words = log.last("stderr", agentLog, LAST_WORDS);
    return words.isEmpty() ? "" : ": " + words;
  }

  private void processGone(WorkerSignal.ProcessGone gone) {
    if (process.filter(live -> live.equals(gone.process())).isEmpty()) {
      return;
    }
    gone.process().close();
    process = Optional.empty();
    ears = new Object();
    agentOptions = Optional.empty();
    entity.tell(new SessionCommand.WorkerLive(false));
    if (!releasing) {
      flushTranscript();
      turn.filter(now -> !now.saving).ifPresent(now -> lose(now, gone.why()));
    }
  }

  private void releaseIfIdle() {
    if (isIdle()) {
      release();
    }
  }

  private boolean isIdle() {
    return turn.isEmpty() && serving == 0 && waiting.isEmpty() && !releasing;
  }

  /** Saves and ends the process, away from the actor's thread. */
  private void release() {
    if (releasing || starting) {
      unwanted = starting && turn.isEmpty() && waiting.isEmpty();
      return;
    }
    if (process.isEmpty()) {
      released();
      return;
    }
    releasing = true;
    var live = process.get();
    wake();
    flushTranscript();
    var previous = newestFiles;
    getContext()
        .pipeToSelf(
            saveInOrder(live, previous, 0)
                .thenApplyAsync(
                    saved -> {
                      self.tell(saved);
                      live.close();
                      return saved;
                    },
                    tools.blocking()),
            (_, _) -> new WorkerSignal.Released());
  }

  private void released() {
    releasing = false;
    ears = new Object();
    flushTranscript();
    if (process.isPresent()) {
      process = Optional.empty();
      agentOptions = Optional.empty();
      entity.tell(new SessionCommand.WorkerLive(false));
    }
    timers.cancel("freeze");
    timers.cancel("idle");
    if (handingOver) {
      entity.tell(new SessionCommand.HandedOver());
    } else if (turn.isPresent()) {
      start(turn.get().run.setup(), false);
    }
    var held = List.copyOf(waiting);
    waiting.clear();
    held.forEach(this::serve);
  }

  private void handOver(boolean letTurnEnd) {
    handingOver = true;
    if (letTurnEnd && turn.isPresent()) {
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
    process.ifPresent(live -> live.sandbox().thaw());
  }

  // ---- what clients ask of the sandbox

  private void serve(Serve serve) {
    if (serve.request() instanceof SessionCommand.Logs logs) {
      logs.replyTo().tell(new SessionReply.Logged(log.after(logs.after())));
    } else if (starting || releasing) {
      unwanted = false;
      waiting.add(serve);
    } else if (process.isPresent()) {
      serveWith(process.get(), serve.request());
    } else if (serve.request() instanceof SessionCommand.Exec) {
      waiting.add(serve);
      start(serve.setup(), false);
    } else {
      serve
          .request()
          .replyTo()
          .tell(
              new NotLive(
                  newestFiles.or(() -> serve.setup().workspace()),
                  serve.setup().agent().manifest()));
    }
  }

  private void serveWaiting(LiveProcess live) {
    var held = List.copyOf(waiting);
    waiting.clear();
    held.forEach(serve -> serveWith(live, serve.request()));
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
                .thenApply(
                    reply -> {
                      request.replyTo().tell(reply);
                      return reply;
                    }),
            (_, _) -> new WorkerSignal.Served(request));
  }

  private void served(SessionCommand.Served request) {
    serving--;
    if (turn.isEmpty()) {
      if (serving == 0) {
        process.ifPresent(live -> live.place().idle());
      }
      if (LiveRequests.changesFiles(request)) {
        timers.startSingleTimer("save", new WorkerSignal.SaveTick(), SAVE_DELAY);
      }
      becomeIdle();
    }
  }

  // ---- what must outlive the process

  private void saveIdle() {
    if (isIdle() && process.isPresent()) {
      wake();
      save(0);
      becomeIdle();
    }
  }

  private void save(long number) {
    process.ifPresentOrElse(
        live -> {
          flushTranscript();
          var previous = newestFiles.or(() -> turn.map(now -> filesOf(now.run.setup())));
          getContext()
              .pipeToSelf(
                  saveInOrder(live, previous, number),
                  (saved, failure) ->
                      saved != null
                          ? saved
                          : new WorkerSignal.FilesSaved(
                              number, Optional.empty(), Optional.of(String.valueOf(failure))));
        },
        () -> turn.ifPresent(now -> lose(now, "the sandbox ended")));
  }

  private static Digest filesOf(Setup setup) {
    return setup.workspace().orElse(setup.agent().manifest());
  }

  /** One save at a time, so that the one that began last is also the one that is told last. */
  private CompletableFuture<WorkerSignal.FilesSaved> saveInOrder(
      LiveProcess live, Optional<Digest> previous, long number) {
    var next =
        lastSave
            .handle((_, _) -> number)
            .thenApplyAsync(turnNumber -> saveNow(live, previous, turnNumber), tools.blocking());
    lastSave = next;
    return next;
  }

  private WorkerSignal.FilesSaved saveNow(
      LiveProcess live, Optional<Digest> previous, long number) {
    try {
      var manifest = tools.workspaces().save(live.bridge(), previous);
      return new WorkerSignal.FilesSaved(
          number,
          Optional.of(manifest).filter(m -> !Optional.of(m).equals(previous)),
          Optional.empty());
    } catch (IOException e) {
      return new WorkerSignal.FilesSaved(
          number, Optional.empty(), Optional.of(String.valueOf(e.getMessage())));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return new WorkerSignal.FilesSaved(
          number, Optional.empty(), Optional.of("the node is shutting down"));
    }
  }

  private void flushTranscript() {
    timers.cancel("transcript");
    for (var part : transcript) {
      tools.transcripts().append(id, part.path(), part.lines());
    }
    transcript.clear();
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
