package dev.ash.node.session;

import static dev.ash.protocol.session.Rejection.Code.BUSY;
import static dev.ash.protocol.session.Rejection.Code.GONE;
import static dev.ash.protocol.session.Rejection.Code.INVALID;
import static dev.ash.protocol.session.Rejection.Code.NOT_FOUND;
import static dev.ash.protocol.session.Rejection.Code.NO_CAPACITY;
import static dev.ash.protocol.session.Rejection.Code.WRONG_STATE;

import dev.ash.node.session.Decision.Answer;
import dev.ash.node.session.SessionCommand.Create;
import dev.ash.node.session.SessionCommand.End;
import dev.ash.node.session.SessionCommand.Interrupt;
import dev.ash.node.session.SessionCommand.InterruptTurn;
import dev.ash.node.session.SessionCommand.Pause;
import dev.ash.node.session.SessionCommand.Reconfigure;
import dev.ash.node.session.SessionCommand.Resume;
import dev.ash.node.session.SessionCommand.Send;
import dev.ash.node.session.SessionCommand.Stop;
import dev.ash.node.session.SessionCommand.SwapWorkspace;
import dev.ash.node.session.SessionState.Absent;
import dev.ash.node.session.SessionState.Halted;
import dev.ash.node.session.SessionState.How;
import dev.ash.node.session.SessionState.Idle;
import dev.ash.node.session.SessionState.Running;
import dev.ash.node.session.WorkerCommand.Setup;
import dev.ash.protocol.session.Cursor;
import dev.ash.protocol.session.Marks;
import dev.ash.protocol.session.SessionEvent.Created;
import dev.ash.protocol.session.SessionEvent.Ended;
import dev.ash.protocol.session.SessionEvent.Outcome;
import dev.ash.protocol.session.SessionEvent.Paused;
import dev.ash.protocol.session.SessionEvent.Reconfigured;
import dev.ash.protocol.session.SessionEvent.Resumed;
import dev.ash.protocol.session.SessionEvent.Stopped;
import dev.ash.protocol.session.SessionEvent.TurnAccepted;
import dev.ash.protocol.session.SessionEvent.TurnEnded;
import dev.ash.protocol.session.SessionEvent.TurnStarted;
import dev.ash.protocol.session.SessionEvent.WorkspaceSaved;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What may happen to a session in which state. Pure: no clock, no actor, no I/O. Every command is
 * answered in every state; the texts of refusals are the wire contract's.
 *
 * @param maxQueued messages that may wait behind a running turn
 * @param maxQueuedBytes what they may take together
 * @param maxContinuations how often a lost turn is taken up again
 */
record SessionRules(int maxQueued, long maxQueuedBytes, int maxContinuations) {

  /**
   * What the rules need to know of the world.
   *
   * @param live whether a process of the session runs here
   */
  record Now(Instant at, boolean live) {}

  Decision decide(SessionState state, SessionCommand.Ruled command, Now now) {
    var facts = SessionState.facts(state);
    if (facts.isPresent() && !facts.get().tenant().equals(command.tenant())) {
      return Decision.refuse(NOT_FOUND, "Session not found");
    }
    return switch (state) {
      case Absent() ->
          command instanceof Create create
              ? create(create, now)
              : Decision.refuse(NOT_FOUND, "Session not found");
      case Idle idle -> idle(idle, command, now);
      case Running running -> running(running, command, now);
      case Halted halted -> halted(halted, command, now);
    };
  }

  Decision report(SessionState state, SessionCommand.Reported report, Now now) {
    return new SessionReports(maxContinuations).decide(state, report, now);
  }

  private static Decision create(Create create, Now now) {
    var inherited = create.origin().map(o -> o.marks().messages()).orElse(0L);
    var scribe =
        new Scribe(new Marks(inherited, 0))
            .add(
                m ->
                    new Created(
                        create.tenant(),
                        create.agent(),
                        create.settings(),
                        create.origin(),
                        create.request(),
                        m,
                        now.at()));
    create.workspace().ifPresent(files -> scribe.add(m -> new WorkspaceSaved(files, m, now.at())));
    if (create.origin().isPresent()) {
      return new Decision(scribe.events(), List.of(), new Answer.Show());
    }
    var setup =
        new Setup(
            create.tenant(),
            create.agent(),
            create.settings(),
            create.workspace(),
            create.origin(),
            false);
    return new Decision(
        scribe.events(), List.of(new WorkerCommand.Prepare(setup)), new Answer.Show());
  }

  /** The same key again means the same session, if it is the same that is asked for. */
  private static Decision again(Facts facts, Create create) {
    return create.request().isPresent()
            && facts.request().isPresent()
            && !create.request().equals(facts.request())
        ? Decision.refuse(INVALID, "Idempotency-Key was used before with another request")
        : Decision.show();
  }

  private static Decision idle(Idle idle, SessionCommand.Ruled command, Now now) {
    var facts = idle.facts();
    return switch (command) {
      case Create create -> again(facts, create);
      case Interrupt _, Resume _ -> Decision.show();
      case InterruptTurn interrupt -> SessionInterrupts.decide(idle, facts, interrupt, now);
      case Send send -> send(idle, facts, send, now);
      case Pause _ ->
          new Decision(
              scribe(idle).add(m -> new Paused(m, now.at())).events(),
              List.of(new WorkerCommand.Save()),
              new Answer.Show());
      case Stop _ ->
          new Decision(
              scribe(idle).add(m -> new Stopped(m, now.at())).events(),
              List.of(new WorkerCommand.Release()),
              new Answer.Show());
      case End _ -> end(idle, now);
      case Reconfigure change -> reconfigure(idle, change, now);
      case SwapWorkspace swap -> swap(idle, facts, swap, now);
    };
  }

  private Decision running(Running running, SessionCommand.Ruled command, Now now) {
    var facts = running.facts();
    return switch (command) {
      case Create create -> again(facts, create);
      case Send send ->
          running.pauseAfter()
              ? sendToHalted(running, facts, send)
              : sendToBusy(running, facts, send, now);
      case Interrupt _ -> SessionInterrupts.decide(running, now);
      case InterruptTurn interrupt -> SessionInterrupts.decide(running, facts, interrupt, now);
      case Pause _ ->
          running.pauseAfter()
              ? Decision.refuse(WRONG_STATE, "Cannot pause session with status \"paused\"")
              : new Decision(
                  scribe(running).add(m -> new Paused(m, now.at())).events(),
                  List.of(),
                  new Answer.Show());
      case Resume _ ->
          running.pauseAfter()
              ? new Decision(
                  scribe(running)
                      .add(m -> new Resumed("warm", Optional.empty(), m, now.at()))
                      .events(),
                  List.of(),
                  new Answer.Show())
              : Decision.show();
      case Stop _ ->
          running.pauseAfter()
              ? Decision.refuse(WRONG_STATE, "Cannot stop session with status \"paused\"")
              : new Decision(
                  cancelAll(running, facts, "Session was stopped", now)
                      .add(m -> new Stopped(m, now.at()))
                      .events(),
                  List.of(
                      new WorkerCommand.Abandon(running.turn().number()),
                      new WorkerCommand.Release()),
                  new Answer.Show());
      case End _ -> end(running, now);
      case Reconfigure change -> reconfigure(running, change, now);
      case SwapWorkspace _ -> Decision.refuse(BUSY, "Session is running a turn");
    };
  }

  private static Decision halted(Halted halted, SessionCommand.Ruled command, Now now) {
    var facts = halted.facts();
    var status = SessionState.status(halted);
    return switch (command) {
      case Create create -> again(facts, create);
      case Interrupt _ -> Decision.show();
      case InterruptTurn interrupt -> SessionInterrupts.decide(halted, facts, interrupt, now);
      case Send send -> sendToHalted(halted, facts, send);
      case Pause _ ->
          Decision.refuse(WRONG_STATE, "Cannot pause session with status \"" + status + "\"");
      case Stop _ ->
          Decision.refuse(WRONG_STATE, "Cannot stop session with status \"" + status + "\"");
      case Resume _ -> resume(halted, facts, now);
      case End _ -> halted.how() == How.ENDED ? Decision.show() : end(halted, now);
      case Reconfigure change -> reconfigure(halted, change, now);
      case SwapWorkspace swap -> swap(halted, facts, swap, now);
    };
  }

  private static Decision send(SessionState state, Facts facts, Send send, Now now) {
    var again = repeated(facts, send);
    if (again.isPresent()) {
      return again.get();
    }
    var turn = facts.turns() + 1;
    var scribe = accepted(state, turn, send, now);
    var next = facts.queue().isEmpty() ? turn : facts.queue().getFirst().turn();
    scribe.add(m -> new TurnStarted(next, m, now.at()));
    var pending =
        facts.queue().isEmpty()
            ? new Facts.Pending(turn, send.contentJson(), send.options())
            : facts.queue().getFirst();
    return new Decision(
        scribe.events(), List.of(run(facts, pending)), taken(turn, facts.sequence() + 1));
  }

  private Decision sendToBusy(Running running, Facts facts, Send send, Now now) {
    var again = repeated(facts, send);
    if (again.isPresent()) {
      return again.get();
    }
    if (send.whenBusy() == Sessions.WhenBusy.REJECT) {
      return Decision.refuse(BUSY, "Session is running a turn");
    }
    if (facts.queue().size() >= maxQueued) {
      return Decision.refuse(
          NO_CAPACITY,
          "Session has %d messages waiting (at most %d)"
              .formatted(facts.queue().size(), maxQueued));
    }
    var bytes = facts.queue().stream().mapToLong(Facts.Pending::bytes).sum();
    var turn = facts.turns() + 1;
    var more = new Facts.Pending(turn, send.contentJson(), send.options()).bytes();
    if (bytes + more > maxQueuedBytes) {
      return Decision.refuse(
          NO_CAPACITY,
          "Session has %d bytes of messages waiting and this one has %d (at most %d)"
              .formatted(bytes, more, maxQueuedBytes));
    }
    var scribe = accepted(running, turn, send, now);
    var then = new ArrayList<WorkerCommand>();
    if (send.whenBusy() == Sessions.WhenBusy.INTERRUPT) {
      SessionInterrupts.request(scribe, running, now);
      then.add(new WorkerCommand.Interrupt(running.turn().number()));
    }
    return new Decision(scribe.events(), then, taken(turn, facts.sequence() + 1));
  }

  private static Decision sendToHalted(SessionState state, Facts facts, Send send) {
    return repeated(facts, send)
        .orElseGet(() -> Decision.refuse(WRONG_STATE, "Session is " + SessionState.status(state)));
  }

  /** The same key again means the same turn, whatever has become of it. */
  private static Optional<Decision> repeated(Facts facts, Send send) {
    return send.idempotencyKey()
        .map(facts.keyed()::get)
        .map(
            known ->
                known.message().equals(Facts.digest(send.contentJson(), send.options()))
                    ? new Decision(List.of(), List.of(), taken(known.turn(), known.sequence()))
                    : Decision.refuse(
                        INVALID, "Idempotency-Key was used before with another message"));
  }

  private static Scribe accepted(SessionState state, long turn, Send send, Now now) {
    return scribe(state)
        .add(
            m ->
                new TurnAccepted(
                    turn, send.contentJson(), send.options(), send.idempotencyKey(), m, now.at()));
  }

  private static Answer taken(long turn, long sequence) {
    return new Answer.TurnTaken(turn, Cursor.before(sequence));
  }

  static WorkerCommand run(Facts facts, Facts.Pending pending) {
    return new WorkerCommand.Run(
        Setup.of(facts), pending.turn(), pending.contentJson(), pending.options(), false);
  }

  private static Decision resume(Halted halted, Facts facts, Now now) {
    if (halted.how() == How.ENDED) {
      return Decision.refuse(GONE, "Session has ended — create a new session");
    }
    var scribe = scribe(halted);
    Optional<String> source =
        now.live()
            ? Optional.empty()
            : Optional.of(facts.workspace().isPresent() ? "local" : "fresh");
    scribe.add(m -> new Resumed(now.live() ? "warm" : "cold", source, m, now.at()));
    if (facts.queue().isEmpty()) {
      return new Decision(
          scribe.events(), List.of(new WorkerCommand.Prepare(Setup.of(facts))), new Answer.Show());
    }
    var next = facts.queue().getFirst();
    scribe.add(m -> new TurnStarted(next.turn(), m, now.at()));
    return new Decision(scribe.events(), List.of(run(facts, next)), new Answer.Show());
  }

  private static Decision end(SessionState state, Now now) {
    var facts = SessionState.facts(state).orElseThrow();
    var then = new ArrayList<WorkerCommand>();
    if (state instanceof Running running) {
      then.add(new WorkerCommand.Abandon(running.turn().number()));
    }
    then.add(new WorkerCommand.Release());
    return new Decision(
        cancelAll(state, facts, "Session was ended", now).add(m -> new Ended(m, now.at())).events(),
        then,
        new Answer.Show());
  }

  /** Ends the running turn and every waiting one, so that nobody is left to wait for ever. */
  private static Scribe cancelAll(SessionState state, Facts facts, String why, Now now) {
    var scribe = scribe(state);
    if (state instanceof Running running) {
      scribe.add(m -> cancelled(running.turn().number(), why, m, now));
    }
    facts.queue().forEach(p -> scribe.add(m -> cancelled(p.turn(), why, m, now)));
    return scribe;
  }

  private static TurnEnded cancelled(long turn, String why, Marks marks, Now now) {
    return new TurnEnded(turn, Outcome.CANCELLED, Optional.of(why), marks, now.at());
  }

  private static Decision reconfigure(SessionState state, Reconfigure change, Now now) {
    var known = SessionState.facts(state).orElseThrow().settings();
    var settings = change.patch().appliedTo(known);
    var tag = ConfigTag.of(known);
    if (change.expected().filter(tags -> !tags.contains(tag.opaque())).isPresent()) {
      // It may be asked again by a caller who got no answer; then it is done already.
      return settings.equals(known)
          ? Decision.show()
          : new Decision(List.of(), List.of(), new Answer.Stale(tag));
    }
    return new Decision(
        scribe(state).add(m -> new Reconfigured(settings, m, now.at())).events(),
        List.of(),
        new Answer.Show());
  }

  private static Decision swap(SessionState state, Facts facts, SwapWorkspace swap, Now now) {
    if (now.live()) {
      return Decision.refuse(BUSY, "The session's sandbox has started meanwhile; try again");
    }
    if (!facts.workspace().equals(swap.expected())) {
      return Decision.refuse(BUSY, "The session's files were changed meanwhile; try again");
    }
    return new Decision(
        scribe(state).add(m -> new WorkspaceSaved(swap.next(), m, now.at())).events(),
        List.of(new WorkerCommand.FilesChanged(swap.next())),
        new Answer.Show());
  }

  static Scribe scribe(SessionState state) {
    return new Scribe(SessionState.marks(state));
  }
}
