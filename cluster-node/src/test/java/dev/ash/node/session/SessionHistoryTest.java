package dev.ash.node.session;

import static dev.ash.node.session.Samples.ACME;
import static dev.ash.node.session.Samples.AGENT;
import static dev.ash.node.session.Samples.NOW;
import static dev.ash.node.session.Samples.assistant;
import static dev.ash.node.session.Samples.result;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ash.node.session.Sessions.EventRow;
import dev.ash.node.session.Sessions.MessageRow;
import dev.ash.protocol.id.SessionId;
import dev.ash.protocol.session.Marks;
import dev.ash.protocol.session.SessionEvent.AgentSaid;
import dev.ash.protocol.session.SessionEvent.Created;
import dev.ash.protocol.session.SessionEvent.Origin;
import dev.ash.protocol.session.SessionEvent.Stopped;
import dev.ash.protocol.session.SessionSettings;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class SessionHistoryTest {
  private static final SessionId PARENT = SessionId.of(new UUID(7, 1));
  private static final SessionId CHILD = SessionId.of(new UUID(7, 2));
  private static final int LONG = 1000;

  /** Room for two long rows and some small ones, and not for three. */
  private static final long ROOM = 2900;

  @TempDir private Path folder = Path.of("");
  private JournalRows journal;
  private SessionHistory history;

  @BeforeEach
  void open() {
    journal = new JournalRows(folder);
    history = new SessionHistory(journal.log(), ROOM);
  }

  @AfterEach
  void close() {
    journal.close();
  }

  private void created(SessionId id, Optional<Origin> origin) {
    var messages = origin.map(from -> from.marks().messages()).orElse(0L);
    journal.add(
        id,
        new Created(
            ACME,
            AGENT,
            SessionSettings.NONE,
            origin,
            Optional.empty(),
            new Marks(messages, 1),
            NOW));
  }

  /** What the agent says is one row of each list. */
  private void said(SessionId id, long message, long event, int length) {
    journal.add(
        id,
        new AgentSaid(
            1, assistant("x".repeat(length)), Optional.empty(), new Marks(message, event), NOW));
  }

  private static List<Long> sequences(List<MessageRow> rows) {
    return rows.stream().map(MessageRow::sequence).toList();
  }

  @Test
  void listsEndWhenTheirRowsAreLargeAndGoOnBehindTheLastOne() {
    created(PARENT, Optional.empty());
    LongStream.rangeClosed(1, 7).forEach(n -> said(PARENT, n, n + 1, LONG));

    assertThat(sequences(history.messages(PARENT, 0, 1000))).containsExactly(1L, 2L);
    assertThat(sequences(history.messages(PARENT, 2, 1000))).containsExactly(3L, 4L);
    assertThat(sequences(history.messages(PARENT, 0, 1))).containsExactly(1L);
    var messages = new ArrayList<Long>();
    for (var page = history.messages(PARENT, 0, 1000);
        !page.isEmpty();
        page = history.messages(PARENT, messages.getLast(), 1000)) {
      messages.addAll(sequences(page));
    }
    assertThat(messages).containsExactly(1L, 2L, 3L, 4L, 5L, 6L, 7L);

    var events = new ArrayList<Long>();
    for (var page = history.events(PARENT, 0, 1000, Optional.of("text"));
        !page.isEmpty();
        page = history.events(PARENT, events.getLast(), 1000, Optional.of("text"))) {
      assertThat(page).hasSizeLessThanOrEqualTo(2);
      page.stream().map(EventRow::sequence).forEach(events::add);
    }
    assertThat(events).containsExactly(2L, 3L, 4L, 5L, 6L, 7L, 8L);
  }

  @Test
  void aRowThatIsLargerThanAListMayBeComesAlone() {
    created(PARENT, Optional.empty());
    said(PARENT, 1, 2, 10);
    said(PARENT, 2, 3, (int) ROOM);
    said(PARENT, 3, 4, 10);

    assertThat(sequences(history.messages(PARENT, 0, 1000))).containsExactly(1L);
    assertThat(sequences(history.messages(PARENT, 1, 1000))).containsExactly(2L);
    assertThat(sequences(history.messages(PARENT, 2, 1000))).containsExactly(3L);
  }

  @Test
  void aForksListCountsWhatItsParentSaid() {
    created(PARENT, Optional.empty());
    LongStream.rangeClosed(1, 3).forEach(n -> said(PARENT, n, n + 1, LONG));
    created(CHILD, Optional.of(new Origin(PARENT, 4, new Marks(3, 4))));
    said(CHILD, 4, 2, 10);
    said(PARENT, 4, 5, 10);

    assertThat(sequences(history.messages(CHILD, 0, 1000))).containsExactly(1L, 2L);
    assertThat(sequences(history.messages(CHILD, 1, 1000))).containsExactly(2L, 3L, 4L);
    assertThat(sequences(history.messages(CHILD, 2, 1000))).containsExactly(3L, 4L);
    assertThat(sequences(history.messages(CHILD, 2, 1))).containsExactly(3L);
  }

  @Test
  void theNewestMessageIsFoundWithoutTheOthers() {
    created(PARENT, Optional.empty());
    assertThat(history.newestMessage(PARENT)).isEmpty();
    assertThat(history.newestMessage(CHILD)).isEmpty();

    LongStream.rangeClosed(1, 5).forEach(n -> said(PARENT, n, n + 1, LONG));
    journal.add(PARENT, new AgentSaid(1, result(), Optional.empty(), new Marks(6, 7), NOW));
    journal.add(PARENT, new Stopped(new Marks(6, 8), NOW.plusSeconds(1)));
    created(CHILD, Optional.of(new Origin(PARENT, 4, new Marks(3, 4))));

    assertThat(history.newestMessage(PARENT).map(MessageRow::content)).contains(result());
    assertThat(history.newestMessage(CHILD).map(MessageRow::sequence)).contains(3L);
  }
}
