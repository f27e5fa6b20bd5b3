package dev.ash.node.session;

import dev.ash.node.session.SessionCommand.Read;
import dev.ash.node.session.SessionCommand.Served;
import dev.ash.node.session.SessionCommand.Show;
import dev.ash.node.session.SessionCommand.UnparkTick;
import dev.ash.node.session.SessionReply.Refused;
import dev.ash.node.session.SessionReply.Shown;
import dev.ash.node.session.SessionReply.View;
import dev.ash.node.session.WorkerCommand.Setup;
import dev.ash.protocol.session.Rejection;
import java.time.Duration;
import java.time.InstantSource;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;

/**
 * What is asked of a session and stores nothing: shown from its state, read from its ring, or
 * handed to the worker, who has the sandbox. Belongs to the entity's thread.
 */
final class ServedRequests {
  private final ActorRef<WorkerCommand> worker;
  private final SessionReaders readers;
  private final TimerScheduler<SessionCommand> timers;
  private final InstantSource clock;

  ServedRequests(
      ActorRef<WorkerCommand> worker,
      SessionReaders readers,
      TimerScheduler<SessionCommand> timers,
      InstantSource clock) {
    this.worker = worker;
    this.readers = readers;
    this.timers = timers;
    this.clock = clock;
  }

  void serve(SessionState state, Served request) {
    var facts = SessionState.facts(state).filter(f -> f.tenant().equals(request.tenant()));
    if (facts.isEmpty()) {
      request
          .replyTo()
          .tell(new Refused(new Rejection(Rejection.Code.NOT_FOUND, "Session not found")));
      return;
    }
    switch (request) {
      case Show show -> show.replyTo().tell(new Shown(View.of(state)));
      case Read read -> readers.read(read, clock.instant()).ifPresent(this::tickAfter);
      case SessionCommand.Exec exec when !SessionState.status(state).equals("active") ->
          exec.replyTo()
              .tell(
                  new Refused(
                      new Rejection(
                          Rejection.Code.WRONG_STATE, "Session is " + SessionState.status(state))));
      case SessionCommand.Exec _,
          SessionCommand.ListFiles _,
          SessionCommand.ReadFile _,
          SessionCommand.WriteFile _,
          SessionCommand.DeleteFile _,
          SessionCommand.Unpack _,
          SessionCommand.Logs _,
          SessionCommand.Flush _ ->
          worker.tell(new WorkerCommand.Serve(Setup.of(facts.get()), request));
    }
  }

  /** The patience of a reader may be over. */
  void tick() {
    readers.tick(clock.instant()).ifPresent(this::tickAfter);
  }

  private void tickAfter(Duration wait) {
    if (!timers.isTimerActive("unpark")) {
      timers.startSingleTimer("unpark", new UnparkTick(), wait);
    }
  }
}
