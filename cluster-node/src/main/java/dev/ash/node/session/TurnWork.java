package dev.ash.node.session;

import dev.ash.node.driver.AgentDriver;
import dev.ash.node.session.SessionCommand.Line;
import dev.ash.node.session.SessionProcess.Phase.Live;
import dev.ash.node.session.SessionWorker.Tools;
import dev.ash.protocol.id.SessionId;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;

/**
 * Has the agent of the live process work on the turn: prompts it, hears it, interrupts it. Belongs
 * to the worker's thread.
 */
final class TurnWork {
  private static final Duration TRANSCRIPT_DELAY = Duration.ofMillis(500);
  private static final Duration TOOL_SAVE_DELAY = Duration.ofSeconds(1);
  private static final Duration INTERRUPT_LIMIT = Duration.ofSeconds(10);

  private final SessionId id;
  private final ActorContext<WorkerCommand> context;
  private final TimerScheduler<WorkerCommand> timers;
  private final Tools tools;
  private final SandboxLog log;
  private final TurnReports reports;
  private final SessionProcess process;
  private final ProcessSaver saver;

  TurnWork(
      SessionId id,
      ActorContext<WorkerCommand> context,
      TimerScheduler<WorkerCommand> timers,
      Tools tools,
      SandboxLog log,
      TurnReports reports,
      SessionProcess process,
      ProcessSaver saver) {
    this.id = id;
    this.context = context;
    this.timers = timers;
    this.tools = tools;
    this.log = log;
    this.reports = reports;
    this.process = process;
    this.saver = saver;
  }

  void prompt(Live live, AgentTurn now) {
    if (now.isInterrupted()) {
      now.neverBegun();
      return;
    }
    live.process().place().busy();
    now.begun();
    tools.model().turn(id, now.number());
    context.pipeToSelf(
        live.agent().prompt(now.run()),
        (_, failure) ->
            new WorkerSignal.Prompted(
                now.number(), Optional.ofNullable(failure).map(TurnWork::why)));
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

  void prompted(WorkerSignal.Prompted prompted) {
    var told = reports.turn(prompted.turn());
    if (!(process.phase() instanceof Live live) || told.isEmpty()) {
      return;
    }
    var now = told.get();
    live.agent().prompted();
    now.told();
    if (prompted.failure().isPresent()) {
      now.lost("the agent could not be told the message: " + prompted.failure().get());
      // What does not take a message will not take the next one either.
      process.drop(live);
    } else if (now.isInterrupted()) {
      tellInterrupt(live, now);
    }
  }

  void hear(WorkerSignal.AgentLine said) {
    var raw = said.raw();
    var from = process.liveWith(said.from());
    if (from.isEmpty()) {
      reports.drop(raw);
      return;
    }
    var live = from.get();
    var heard = tools.driver().hear(raw);
    if (live.abandoned() && !(heard instanceof AgentDriver.Heard.Transcript)) {
      reports.drop(raw);
      return;
    }
    switch (heard) {
      case AgentDriver.Heard.Complete() -> {
        reports.turn().ifPresent(now -> now.hear(raw));
        noteTool(raw);
        reports.tell(new Line(raw, false));
      }
      case AgentDriver.Heard.Partial() -> reports.tell(new Line(raw, true));
      case AgentDriver.Heard.Transcript(var path, var entries) -> {
        reports.drop(raw);
        live.agent().transcribed(path);
        saver.transcript(path, entries);
        startTimerOnce("transcript", new WorkerSignal.TranscriptTick(), TRANSCRIPT_DELAY);
      }
      case AgentDriver.Heard.Idle() -> {
        reports.drop(raw);
        reports.turn().filter(AgentTurn::isUnderWay).ifPresent(this::finish);
      }
      case AgentDriver.Heard.Wants(var answer) -> {
        reports.drop(raw);
        watch(live.agent().tell(answer));
      }
      case AgentDriver.Heard.Nothing() -> reports.drop(raw);
    }
  }

  /** What a tool has made must not be lost with the process in a long turn. */
  private void noteTool(String raw) {
    if (raw.contains("\"tool_result\"")) {
      startTimerOnce("tool-save", new WorkerSignal.ToolSaveTick(), TOOL_SAVE_DELAY);
    }
  }

  private void startTimerOnce(String name, WorkerSignal tick, Duration delay) {
    if (!timers.isTimerActive(name)) {
      timers.startSingleTimer(name, tick, delay);
    }
  }

  /** The agent is done: what it left is stored before the turn may end. */
  private void finish(AgentTurn now) {
    now.saving();
    process.save(reports.setup(), now.number());
  }

  void interrupt(long number) {
    var now = reports.turn(number);
    if (now.isEmpty()) {
      reports.interruptLater(number);
    } else if (now.get().interrupt() && now.get().isTold()) {
      process.live().ifPresent(live -> tellInterrupt(live, now.get()));
    }
  }

  private void tellInterrupt(Live live, AgentTurn now) {
    watch(live.agent().interrupt(now.number()));
    timers.startSingleTimer(
        "interrupt", new WorkerSignal.InterruptTick(now.number()), INTERRUPT_LIMIT);
  }

  /** A bridge that the agent has stopped obeys nobody; then all of the sandbox goes. */
  void interruptTimedOut(long number) {
    if (reports.turn(number).filter(AgentTurn::isUnderWay).isPresent()) {
      process.live().ifPresent(this::kill);
    }
  }

  private void kill(Live live) {
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
