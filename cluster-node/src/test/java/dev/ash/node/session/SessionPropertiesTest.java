package dev.ash.node.session;

import static dev.ash.node.session.Samples.ACME;
import static dev.ash.node.session.Samples.nobody;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ash.node.session.SessionCommand.End;
import dev.ash.node.session.SessionCommand.Finished;
import dev.ash.node.session.SessionCommand.Interrupt;
import dev.ash.node.session.SessionCommand.InterruptTurn;
import dev.ash.node.session.SessionCommand.Line;
import dev.ash.node.session.SessionCommand.Lost;
import dev.ash.node.session.SessionCommand.Pause;
import dev.ash.node.session.SessionCommand.Reconfigure;
import dev.ash.node.session.SessionCommand.Resume;
import dev.ash.node.session.SessionCommand.Saved;
import dev.ash.node.session.SessionCommand.Spoke;
import dev.ash.node.session.SessionCommand.Stop;
import dev.ash.node.session.SessionCommand.SwapWorkspace;
import dev.ash.node.session.SessionState.Absent;
import dev.ash.node.session.SessionState.Running;
import dev.ash.node.session.WorkerCommand.Run;
import dev.ash.node.session.WorkerCommand.Setup;
import dev.ash.protocol.session.Marks;
import dev.ash.protocol.session.SessionEvent;
import dev.ash.protocol.session.SessionEvent.Created;
import dev.ash.protocol.session.SessionEvent.Ended;
import dev.ash.protocol.session.SessionEvent.Outcome;
import dev.ash.protocol.session.SessionEvent.TurnAccepted;
import dev.ash.protocol.session.SessionEvent.TurnEnded;
import dev.ash.protocol.session.SessionEvent.TurnStarted;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.function.Predicate;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What holds after any sequence of commands and reports, however unlikely. */
final class SessionPropertiesTest {
  private static final int RUNS = 400;
  private static final int STEPS = 80;
  private static final List<Sessions.WhenBusy> WHEN_BUSY = List.of(Sessions.WhenBusy.values());
  private static final List<Outcome> OUTCOMES = List.of(Outcome.values());

  @ParameterizedTest
  @ValueSource(longs = {1, 20_261_122, 4_711})
  void holdsTogetherUnderAnySequence(long seed) {
    var random = new Random(seed);
    for (var run = 0; run < RUNS; run++) {
      var played = new Played(Samples.rules(random.nextInt(4), random.nextInt(3)));
      var story = new ArrayList<String>();
      try {
        for (var step = 0; step < STEPS; step++) {
          played.live = random.nextBoolean();
          var before = played.told.size();
          story.add(step(played, random));
          tellsTheWorkerOfTheNewState(played, played.told.subList(before, played.told.size()));
        }
        holds(played);
      } catch (AssertionError | RuntimeException e) {
        throw new AssertionError("seed " + seed + ", run " + run + ": " + story, e);
      }
    }
  }

  private static void holds(Played played) {
    replaysToTheSameState(played);
    countsWhatItStores(played.journal);
    endsTurnsOnce(played.journal);
    SessionState.facts(played.state)
        .ifPresent(facts -> assertThat(facts.sequence()).isEqualTo(played.journal.size()));
  }

  private static void tellsTheWorkerOfTheNewState(Played played, List<WorkerCommand> told) {
    for (var command : told) {
      if (command instanceof Run run) {
        var running = (Running) played.state;
        assertThat(run.turn()).isEqualTo(running.turn().number());
        assertThat(run.contentJson()).isEqualTo(running.turn().contentJson());
        assertThat(run.setup()).isEqualTo(Setup.of(running.facts()));
      }
    }
  }

  private static void replaysToTheSameState(Played played) {
    SessionState replayed = new Absent();
    for (var event : played.journal) {
      replayed = SessionState.apply(replayed, event);
    }
    assertThat(replayed).isEqualTo(played.state);
  }

  private static void countsWhatItStores(List<SessionEvent> journal) {
    var marks = Marks.NONE;
    for (var event : journal) {
      if (event instanceof Created created) {
        marks = new Marks(created.origin().map(o -> o.marks().messages()).orElse(0L), 0);
      }
      marks =
          marks.plus(LogRows.message(event).isPresent() ? 1 : 0, LogRows.timeline(event).size());
      assertThat(event.marks()).isEqualTo(marks);
      assertThat(LogRows.eventRows(Samples.ID, event).stream().map(Sessions.EventRow::sequence))
          .allMatch(sequence -> sequence <= event.marks().timeline() && sequence > 0);
    }
  }

  private static void endsTurnsOnce(List<SessionEvent> journal) {
    var accepted = numbers(journal, TurnAccepted.class);
    var started = numbers(journal, TurnStarted.class);
    var ended = numbers(journal, TurnEnded.class);
    for (var n = 0; n < accepted.size(); n++) {
      assertThat(accepted.get(n)).isEqualTo(n + 1);
    }
    assertThat(started).isSorted().doesNotHaveDuplicates();
    assertThat(ended).doesNotHaveDuplicates();
    assertThat(accepted).containsAll(started).containsAll(ended);
    // One that is withdrawn ends out of turn, and is not begun any more.
    assertThat(ended.stream().filter(started::contains)).isSorted();
    for (var turn : started) {
      var begin = indexOf(journal, event -> event instanceof TurnStarted s && s.turn() == turn);
      var end = indexOf(journal, event -> event instanceof TurnEnded e && e.turn() == turn);
      assertThat(end).as("end of turn %d", turn).matches(at -> at < 0 || at > begin);
    }
    if (journal.stream().anyMatch(Ended.class::isInstance)) {
      assertThat(ended).containsExactlyInAnyOrderElementsOf(accepted);
    }
  }

  private static int indexOf(List<SessionEvent> journal, Predicate<SessionEvent> wanted) {
    for (var i = 0; i < journal.size(); i++) {
      if (wanted.test(journal.get(i))) {
        return i;
      }
    }
    return -1;
  }

  private static List<Long> numbers(List<SessionEvent> journal, Class<?> form) {
    return journal.stream()
        .filter(form::isInstance)
        .map(
            event ->
                switch (event) {
                  case TurnAccepted accepted -> accepted.turn();
                  case TurnStarted started -> started.turn();
                  case TurnEnded ended -> ended.turn();
                  default -> throw new IllegalArgumentException("event: " + event);
                })
        .toList();
  }

  private static String step(Played played, Random random) {
    var choice = random.nextInt(100);
    var turn = aTurn(played, random);
    if (choice < 30) {
      return heard(played, new Spoke(turn, random.nextInt(4), lines(random)));
    }
    if (choice < 50) {
      return heard(played, finished(turn, random));
    }
    if (choice < 56) {
      return heard(played, new Lost(turn, "reason " + choice));
    }
    if (choice < 59) {
      return heard(played, new Saved(Samples.digest("files " + random.nextInt(3))));
    }
    return asked(played, random);
  }

  private static String heard(Played played, SessionCommand.Reported report) {
    played.hear(report);
    return report.toString();
  }

  private static String asked(Played played, Random random) {
    var to = nobody();
    SessionCommand.Ruled command =
        switch (random.nextInt(34)) {
          case 0 -> new End(ACME, to);
          case 1 -> new Stop(ACME, to);
          case 2, 3, 4 -> new Pause(ACME, to);
          case 5, 6, 7, 8, 9 -> new Resume(ACME, to);
          case 10 -> new Interrupt(ACME, to);
          case 11 ->
              new Reconfigure(
                  ACME, Samples.patch(Optional.of("m"), Optional.empty()), Optional.empty(), to);
          case 12 ->
              new SwapWorkspace(
                  ACME, workspace(played), Samples.digest("s" + random.nextInt(3)), to);
          case 13, 14, 15 -> Samples.create();
          case 16 -> Samples.create(Optional.of(Samples.ORIGIN), Optional.of(Samples.FOLDER));
          case 17, 18, 19 -> new InterruptTurn(ACME, 1 + random.nextInt(12), to);
          default ->
              Samples.send(
                  "m" + random.nextInt(3),
                  WHEN_BUSY.get(random.nextInt(WHEN_BUSY.size())),
                  random.nextInt(3) == 0 ? Optional.of("k" + random.nextInt(5)) : Optional.empty());
        };
    played.ask(command);
    return command.getClass().getSimpleName();
  }

  private static Optional<dev.ash.protocol.id.Digest> workspace(Played played) {
    return SessionState.facts(played.state).flatMap(Facts::workspace);
  }

  private static Finished finished(long turn, Random random) {
    return new Finished(
        turn,
        OUTCOMES.get(random.nextInt(OUTCOMES.size())),
        random.nextBoolean() ? Optional.of("went wrong") : Optional.empty(),
        random.nextBoolean()
            ? Optional.of(Samples.digest("files " + random.nextInt(3)))
            : Optional.empty());
  }

  /** Mostly the one that runs; else an old one, or one that never was. */
  private static long aTurn(Played played, Random random) {
    return played.state instanceof Running running && random.nextInt(5) > 0
        ? running.turn().number()
        : random.nextInt(6);
  }

  private static List<Line> lines(Random random) {
    var lines = new ArrayList<Line>();
    for (var n = random.nextInt(4); n >= 0; n--) {
      lines.add(
          switch (random.nextInt(7)) {
            case 0 -> new Line(Samples.assistant("text"), false);
            case 1 -> new Line(Samples.toolCall("t" + random.nextInt(3), "Bash"), false);
            case 2 -> new Line(Samples.toolResult("t" + random.nextInt(3)), false);
            case 3 -> new Line(Samples.result(), false);
            case 4 -> new Line(Samples.delta("d"), true);
            case 5 ->
                new Line("{\"type\":\"tool_\",\"message\":{\"content\":[1,null,\"x\"]}}", false);
            default -> new Line("not \"tool_ JSON", false);
          });
    }
    return lines;
  }
}
