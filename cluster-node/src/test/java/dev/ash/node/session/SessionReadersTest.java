package dev.ash.node.session;

import static dev.ash.node.session.Samples.NOW;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ash.node.session.SessionCommand.Read;
import dev.ash.node.session.SessionReply.Batch;
import dev.ash.node.session.SessionReply.Behind;
import dev.ash.node.session.SessionReply.Stored;
import dev.ash.protocol.session.Cursor;
import dev.ash.protocol.session.Marks;
import dev.ash.protocol.session.SessionEvent.AgentSaid;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.apache.pekko.actor.testkit.typed.javadsl.TestInbox;
import org.junit.jupiter.api.Test;

final class SessionReadersTest {
  private static final Duration WAIT = Duration.ofSeconds(10);

  private final TestInbox<SessionReply> reader = TestInbox.create();
  private final SessionReaders readers = new SessionReaders(ring(0));

  @Test
  void answersAtOnceWhenThereIsSomething() {
    readers.stored(1, said());

    assertThat(readers.read(read(Cursor.START, WAIT), NOW)).isEmpty();
    assertThat(reader.receiveMessage()).isEqualTo(new Batch(List.of(new Stored(1, said()))));
    assertThat(readers.anyParked()).isFalse();
  }

  @Test
  void answersAtOnceWhoHasNoPatience() {
    assertThat(readers.read(read(Cursor.START, Duration.ZERO), NOW)).isEmpty();
    assertThat(reader.receiveMessage()).isEqualTo(new Batch(List.of()));
  }

  @Test
  void parksAndWakes() {
    assertThat(readers.read(read(Cursor.START, WAIT), NOW)).contains(WAIT);
    assertThat(reader.hasMessages()).isFalse();
    readers.wake();
    assertThat(readers.anyParked()).isTrue();

    readers.stored(1, said());
    assertThat(reader.hasMessages()).isFalse();
    readers.wake();

    assertThat(reader.receiveMessage()).isEqualTo(new Batch(List.of(new Stored(1, said()))));
    assertThat(readers.anyParked()).isFalse();
    readers.wake();
    assertThat(reader.hasMessages()).isFalse();
  }

  @Test
  void letsGoOfThoseWhosePatienceIsOver() {
    readers.read(read(Cursor.START, WAIT), NOW);
    readers.read(read(Cursor.START, WAIT.multipliedBy(2)), NOW);

    assertThat(readers.tick(NOW.plusSeconds(4))).contains(Duration.ofSeconds(6));
    assertThat(reader.hasMessages()).isFalse();
    assertThat(readers.tick(NOW.plusSeconds(10))).contains(Duration.ofSeconds(10));
    assertThat(reader.getAllReceived()).containsExactly(new Batch(List.of()));
    assertThat(readers.tick(NOW.plusSeconds(20))).isEmpty();
    assertThat(readers.anyParked()).isFalse();
  }

  @Test
  void sendsWhoIsTooLateToTheJournal() {
    readers.restart(ring(7));

    readers.read(read(Cursor.after(3), WAIT), NOW);

    assertThat(reader.receiveMessage()).isEqualTo(new Behind(7));
    assertThat(readers.anyParked()).isFalse();
  }

  /** A parked reader may have been parked before events that only the journal has. */
  @Test
  void tellsParkedReadersWhenTheyFellBehind() {
    readers.read(read(Cursor.after(3), WAIT), NOW);

    readers.restart(ring(7));
    readers.stored(8, said());
    readers.wake();

    assertThat(reader.receiveMessage()).isEqualTo(new Behind(7));
  }

  private Read read(Cursor after, Duration patience) {
    return new Read(Samples.ACME, after, 100, patience, reader.getRef());
  }

  private static SessionRing ring(long recovered) {
    return new SessionRing(Samples.ID, 5, 1 << 20, recovered, NOW);
  }

  private static AgentSaid said() {
    return new AgentSaid(1, Samples.assistant("a"), Optional.empty(), Marks.NONE, NOW);
  }
}
