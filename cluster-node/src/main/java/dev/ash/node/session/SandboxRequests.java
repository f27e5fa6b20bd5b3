package dev.ash.node.session;

import dev.ash.node.session.SessionReply.NotLive;
import dev.ash.node.session.SessionReply.Refused;
import dev.ash.node.session.SessionWorker.Tools;
import dev.ash.node.session.WorkerCommand.Serve;
import dev.ash.protocol.session.Rejection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;

/**
 * What clients ask of a session's sandbox: answered by the live process, held while one comes or
 * goes, else answered without. Belongs to the worker's thread.
 */
final class SandboxRequests {
  private static final Duration SAVE_DELAY = Duration.ofMillis(300);

  private final ActorContext<WorkerCommand> context;
  private final TimerScheduler<WorkerCommand> timers;
  private final Tools tools;
  private final SandboxLog log;
  private final TurnReports reports;
  private final SessionProcess process;
  private final ProcessSaver saver;
  private final Runnable afterUse;

  /** Requests that wait for the process to be there, or to be gone. */
  private final List<Serve> waiting = new ArrayList<>();

  private int serving;

  /**
   * @param afterUse what is to be done when a request is answered while no turn is under way
   */
  SandboxRequests(
      ActorContext<WorkerCommand> context,
      TimerScheduler<WorkerCommand> timers,
      Tools tools,
      SandboxLog log,
      TurnReports reports,
      SessionProcess process,
      ProcessSaver saver,
      Runnable afterUse) {
    this.context = context;
    this.timers = timers;
    this.tools = tools;
    this.log = log;
    this.reports = reports;
    this.process = process;
    this.saver = saver;
    this.afterUse = afterUse;
  }

  /** Whether none is being answered; some may wait. */
  boolean noneServed() {
    return serving == 0;
  }

  boolean isEmpty() {
    return serving == 0 && waiting.isEmpty();
  }

  void serve(Serve serve) {
    if (serve.request() instanceof SessionCommand.Logs logs) {
      var logged = new SessionReply.Logged(log.after(logs.after()));
      logs.replyTo().tell(tools.parcels().packed(logged, logs.replyTo()));
      return;
    }
    switch (process.phase()) {
      case SessionProcess.Phase.Starting _, SessionProcess.Phase.Releasing _ -> waiting.add(serve);
      case SessionProcess.Phase.Live live -> {
        if (serve.request() instanceof SessionCommand.Flush flush) {
          flush(live.process(), flush);
        } else {
          serveWith(live.process(), serve.request());
        }
      }
      case SessionProcess.Phase.None() -> serveWithout(serve);
    }
  }

  /** A turn under way will save its files itself; whoever asks meanwhile gets those before it. */
  private void flush(LiveProcess live, SessionCommand.Flush request) {
    saver.flushTranscript();
    if (reports.turn().isPresent()) {
      request.replyTo().tell(new SessionReply.FileDone());
      return;
    }
    process.wake();
    context.pipeToSelf(
        saver.save(live.bridge(), Optional.empty(), 0),
        (saved, _) -> new WorkerSignal.Flushed(saved, request));
    afterUse.run();
  }

  void flushed(WorkerSignal.Flushed flushed) {
    var reply =
        flushed
            .saved()
            .failure()
            .<SessionReply>map(why -> new Refused(new Rejection(Rejection.Code.FAILED, why)))
            .orElseGet(SessionReply.FileDone::new);
    flushed.request().replyTo().tell(reply);
  }

  private void serveWith(LiveProcess live, SessionCommand.Served request) {
    serving++;
    process.wake();
    if (reports.turn().isEmpty()) {
      live.place().busy();
    }
    context.pipeToSelf(
        LiveRequests.serve(live, log, request, tools.metrics())
            .thenApplyAsync(
                reply -> {
                  request.replyTo().tell(tools.parcels().packed(reply, request.replyTo()));
                  return reply;
                },
                tools.blocking()),
        (_, _) -> new WorkerSignal.Served(request));
  }

  private void serveWithout(Serve serve) {
    if (serve.request() instanceof SessionCommand.Exec && !process.isHandingOver()) {
      waiting.add(serve);
      process.start(serve.setup());
    } else {
      saver.flushTranscript();
      var files = saver.upToDate(serve.setup());
      serve.request().replyTo().tell(new NotLive(files.workspace(), files.agent().manifest()));
    }
  }

  void served(SessionCommand.Served request) {
    serving--;
    if (reports.turn().isEmpty()) {
      if (serving == 0) {
        process.live().ifPresent(live -> live.process().place().idle());
      }
      if (LiveRequests.changesFiles(request)) {
        timers.startSingleTimer("save", new WorkerSignal.SaveTick(), SAVE_DELAY);
      }
      afterUse.run();
    }
  }

  void serveWaiting() {
    var held = List.copyOf(waiting);
    waiting.clear();
    held.forEach(this::serve);
  }

  void refuseWaiting(Rejection.Code code, String why) {
    waiting.forEach(w -> w.request().replyTo().tell(new Refused(new Rejection(code, why))));
    waiting.clear();
  }
}
