package dev.ash.node.session;

import dev.ash.node.session.SessionCommand.Finished;
import dev.ash.node.session.SessionCommand.Line;
import dev.ash.node.session.SessionCommand.Lost;
import dev.ash.node.session.SessionCommand.Reported;
import dev.ash.node.session.SessionCommand.Saved;
import dev.ash.node.session.SessionCommand.Spoke;
import dev.ash.node.session.WorkerCommand.Run;
import dev.ash.node.session.WorkerCommand.Setup;
import java.util.Optional;
import org.apache.pekko.actor.typed.ActorRef;

/**
 * The turn under way and what the entity is told of it: its lines, and after all of them, exactly
 * once, its end. Belongs to the worker's thread.
 */
final class TurnReports {
  private final ActorRef<SessionCommand> entity;
  private final LineBuffer lines;

  private Optional<AgentTurn> turn = Optional.empty();
  private Optional<Reported> lastReport = Optional.empty();
  private long lastTurn;
  private long interrupted;

  TurnReports(ActorRef<SessionCommand> entity, LineBuffer lines) {
    this.entity = entity;
    this.lines = lines;
  }

  AgentTurn begin(Run run) {
    var now = new AgentTurn(run);
    turn = Optional.of(now);
    lastTurn = run.turn();
    lastReport = Optional.empty();
    lines.restart();
    if (interrupted == run.turn()) {
      now.interrupt();
    }
    return now;
  }

  /** It is not under way here now; when it is taken up again, it is to end at once. */
  void interruptLater(long number) {
    interrupted = number;
  }

  /** The turn that nobody has been told of yet, if there is one. */
  Optional<AgentTurn> waiting() {
    return turn.filter(AgentTurn::isWaiting);
  }

  Optional<AgentTurn> turn() {
    return turn;
  }

  /** The turn under way, if it has this number. */
  Optional<AgentTurn> turn(long number) {
    return turn.filter(now -> now.number() == number);
  }

  /** What the turn's process is made from. */
  Optional<Setup> setup() {
    return turn.map(now -> now.run().setup());
  }

  /** The next owner of the session goes on with it: nothing is told of its end here. */
  void leave() {
    turn = Optional.empty();
  }

  /** It has ended in the log: nothing more is told of it. */
  void abandon() {
    turn = Optional.empty();
    lines.restart();
  }

  void tell(Line line) {
    lines.add(line);
    send();
  }

  /** A line that the entity is not told. */
  void drop(String raw) {
    lines.drop(raw);
  }

  private void send() {
    lines.next(lastTurn).ifPresent(entity::tell);
  }

  void acknowledged() {
    lines.acknowledged();
    send();
  }

  /** What the entity may not have taken is told again. */
  void resend() {
    lines.unacknowledged().ifPresent(entity::tell);
  }

  /** Tells the turn's end if it has come, and all lines are stored: true when that is done. */
  boolean end() {
    var report = turn.flatMap(AgentTurn::report).filter(_ -> lines.isEmpty());
    if (report.isEmpty()) {
      return false;
    }
    lastReport = report;
    turn = Optional.empty();
    entity.tell(report.get());
    return true;
  }

  /** Tells the end of a turn that is not under way: as it was, if it was the last one here. */
  void endAgain(long number) {
    entity.tell(
        lastReport
            .filter(report -> turnOf(report) == number)
            .orElseGet(() -> new Lost(number, "the node that ran it was lost")));
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
}
