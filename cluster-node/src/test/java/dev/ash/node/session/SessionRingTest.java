package dev.ash.node.session;

import static dev.ash.node.session.Samples.NOW;
import static dev.ash.node.session.Samples.assistant;
import static dev.ash.node.session.Samples.delta;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ash.node.session.SessionReply.Delta;
import dev.ash.node.session.SessionReply.InLog;
import dev.ash.node.session.SessionReply.Item;
import dev.ash.node.session.SessionReply.Stored;
import dev.ash.protocol.session.Cursor;
import dev.ash.protocol.session.Marks;
import dev.ash.protocol.session.SessionEvent;
import dev.ash.protocol.session.SessionEvent.AgentSaid;
import dev.ash.protocol.session.SessionEvent.Created;
import dev.ash.protocol.session.SessionEvent.TurnContinued;
import dev.ash.protocol.session.SessionEvent.TurnEnded;
import dev.ash.protocol.session.SessionSettings;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class SessionRingTest {
  private static final int ALL = 1000;

  private final SessionRing ring = new SessionRing(Samples.ID, 5, 1 << 20, 0, NOW);

  @Test
  void givesWhatLiesAfterACursor() {
    ring.stored(1, said("a"));
    ring.stored(2, said("b"));

    assertThat(ring.after(Cursor.START, ALL))
        .containsExactly(new Stored(1, said("a")), new Stored(2, said("b")));
    assertThat(ring.after(Cursor.after(1), ALL)).containsExactly(new Stored(2, said("b")));
    assertThat(ring.after(Cursor.after(2), ALL)).isEmpty();
    assertThat(ring.after(Cursor.START, 1)).containsExactly(new Stored(1, said("a")));
  }

  @Test
  void givesAnEventAgainToWhoSawAPartOfIt() {
    ring.stored(1, said("a"));
    var call = new AgentSaid(1, Samples.toolCall("t", "Bash"), Optional.empty(), Marks.NONE, NOW);
    ring.stored(2, call);

    assertThat(ring.after(new Cursor(2, 1), ALL)).containsExactly(new Stored(2, call));
    assertThat(ring.after(new Cursor(2, 2), ALL)).isEmpty();
  }

  @Test
  void numbersDeltasOnFromTheEventBefore() {
    ring.stored(1, said("a"));
    ring.delta(1, delta("x"));
    ring.delta(1, delta("y"));

    assertThat(ring.after(new Cursor(1, 1), ALL))
        .containsExactly(new Delta(1, 2, 1, delta("x")), new Delta(1, 4, 1, delta("y")));
    assertThat(ring.after(new Cursor(1, 2), ALL)).hasSize(2);
    assertThat(ring.after(new Cursor(1, 3), ALL)).containsExactly(new Delta(1, 4, 1, delta("y")));
    assertThat(ring.after(new Cursor(1, 5), ALL)).isEmpty();
  }

  @Test
  void sendsWhoIsTooLateToTheJournal() {
    for (var n = 1; n <= 8; n++) {
      ring.stored(n, said("m" + n));
    }

    assertThat(ring.floor()).isEqualTo(3);
    assertThat(ring.isBehind(Cursor.START)).isTrue();
    assertThat(ring.isBehind(Cursor.after(2))).isTrue();
    assertThat(ring.isBehind(Cursor.after(3))).isFalse();
    assertThat(ring.after(Cursor.after(3), ALL)).extracting(Item::sequence).first().isEqualTo(4L);
  }

  @Test
  void forgetsDeltasWithoutSendingAnybodyToTheJournal() {
    ring.stored(1, said("a"));
    for (var n = 0; n < 10; n++) {
      ring.delta(1, delta("d" + n));
    }

    assertThat(ring.floor()).isEqualTo(1);
    assertThat(ring.isBehind(new Cursor(1, 1))).isFalse();
    assertThat(ring.after(new Cursor(1, 1), ALL)).hasSize(5);
  }

  @Test
  void keepsToItsBytes() {
    var small = new SessionRing(Samples.ID, ALL, 5_000, 0, NOW);
    for (var n = 1; n <= 50; n++) {
      small.stored(n, said("x".repeat(1_000)));
    }

    assertThat(small.after(Cursor.after(small.floor()), ALL)).hasSizeBetween(1, 5);
    small.stored(51, said("x".repeat(50_000)));
    assertThat(small.after(Cursor.after(50), ALL)).hasSize(1);
  }

  @Test
  void pointsToTheJournalForWhatIsTooLargeToSend() {
    ring.stored(1, said("x".repeat(300 << 10)));
    ring.delta(1, delta("x".repeat(300 << 10)));
    ring.stored(2, said("b"));

    assertThat(ring.after(Cursor.START, ALL))
        .containsExactly(new InLog(1), new Stored(2, said("b")));
  }

  /** A message between nodes is at most 1 MiB, and what is larger vanishes without a word. */
  @Test
  void neverGivesMoreThanAMessageMayHold() {
    var large = new SessionRing(Samples.ID, ALL, 100 << 20, 0, NOW);
    var settings =
        new SessionSettings(
            Optional.empty(),
            Optional.of("\u4e16".repeat(150 << 10)),
            Optional.empty(),
            List.of(),
            List.of(),
            List.of(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty());
    var sequence = 1L;
    large.stored(
        sequence++,
        new Created(
            Samples.ACME,
            Samples.AGENT,
            settings,
            Optional.empty(),
            Optional.empty(),
            Marks.NONE,
            NOW));
    for (var n = 0; n < 10; n++) {
      large.stored(sequence++, said("\u4e16".repeat(50 << 10)));
      large.delta(1, delta("\u4e16".repeat(30 << 10)));
    }
    large.stored(
        sequence++,
        new TurnEnded(
            1,
            SessionEvent.Outcome.FAILED,
            Optional.of("\u4e16".repeat(100 << 10)),
            Marks.NONE,
            NOW));
    large.stored(
        sequence, new TurnContinued(1, 1, "\u4e16".repeat(100 << 10), List.of(), Marks.NONE, NOW));

    var cursor = Cursor.START;
    while (cursor.sequence() < sequence) {
      var items = large.after(cursor, ALL);
      assertThat(items).isNotEmpty();
      assertThat(items.toString().getBytes(StandardCharsets.UTF_8).length).isLessThan(900 << 10);
      cursor =
          switch (items.getLast()) {
            case Stored(var at, var _) -> Cursor.after(at);
            case InLog(var at) -> Cursor.after(at);
            case Delta(var at, var frame, var _, var _) -> new Cursor(at, frame + 1);
          };
    }
  }

  @Test
  void numbersDeltasAfterARestartBeyondThoseBefore() {
    ring.stored(1, said("a"));
    ring.delta(1, delta("x"));
    var restarted = new SessionRing(Samples.ID, 5, 1 << 20, 1, NOW);

    restarted.delta(1, delta("y"));

    assertThat(restarted.after(new Cursor(1, 3), ALL)).hasSize(1);
    assertThat(restarted.isBehind(Cursor.START)).isTrue();
    assertThat(restarted.isBehind(new Cursor(1, 1))).isFalse();
  }

  @Test
  void numbersDeltasOfEveryRestartAnew() {
    var first = new SessionRing(Samples.ID, 5, 1 << 20, 1, NOW);
    first.delta(1, delta("x"));
    var seen = ((Delta) first.after(Cursor.START, ALL).getFirst()).frame() + 1;
    var second = new SessionRing(Samples.ID, 5, 1 << 20, 1, NOW.plusMillis(300));
    second.delta(1, delta("y"));

    assertThat(second.after(new Cursor(1, seen), ALL)).hasSize(1);
  }

  /** However it asks, a reader sees every event once, and deltas in order. */
  @Test
  void losesNothingForAReaderThatKeepsUp() {
    var random = new Random(20_261_122);
    for (var run = 0; run < 200; run++) {
      var busy = new SessionRing(Samples.ID, 8, 1 << 20, 0, NOW);
      var seen = new ArrayList<Long>();
      var cursor = Cursor.START;
      var sequence = 0L;
      for (var step = 0; step < 60; step++) {
        if (random.nextBoolean()) {
          busy.stored(++sequence, said("m"));
        } else {
          busy.delta(1, delta("d"));
        }
        if (busy.isBehind(cursor)) {
          for (var n = cursor.sequence() + 1; n <= busy.floor(); n++) {
            seen.add(n);
          }
          cursor = Cursor.after(busy.floor());
        }
        if (random.nextInt(3) == 0) {
          for (var item : busy.after(cursor, 1 + random.nextInt(4))) {
            switch (item) {
              case Stored(var at, var event) -> {
                seen.add(at);
                cursor = new Cursor(at, StreamFrames.of(Samples.ID, event).size());
              }
              case Delta(var at, var frame, var _, var raw) -> {
                assertThat(cursor).isLessThan(new Cursor(at, frame));
                cursor = new Cursor(at, frame + StreamFrames.ofDelta(raw).size() - 1);
              }
              case InLog _ -> throw new AssertionError("nothing large was stored");
            }
          }
        }
      }
      for (var n = 0; n < seen.size(); n++) {
        assertThat(seen.get(n)).isEqualTo(n + 1);
      }
    }
  }

  private static AgentSaid said(String text) {
    return new AgentSaid(1, assistant(text), Optional.empty(), Marks.NONE, NOW);
  }
}
