package dev.ash.node.session;

import dev.ash.node.session.Sessions.EventRow;
import dev.ash.node.session.Sessions.MessageRow;
import dev.ash.persistence.journal.SessionLog;
import dev.ash.protocol.id.SessionId;
import dev.ash.protocol.session.SessionEvent.Created;
import dev.ash.protocol.session.SessionEvent.Origin;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The lists of a session's messages and of its timeline, read from the journal: the place to begin
 * at is found by bisection over the marks. A fork's messages begin with those of its parent. Rows
 * are as large as what was said, so a list ends early when it has become large: the reader goes on
 * behind its last row, and has come to the end only when there is no row. Blocks.
 */
final class SessionHistory {
  private static final int BATCH = 256;
  private static final long BATCH_BYTES = 4 << 20;

  /** What the rows of one list may hold: an answer has them several times, in text and in bytes. */
  private static final long CHARACTERS = 32 << 20;

  private final SessionLog log;
  private final long characters;

  SessionHistory(SessionLog log) {
    this(log, CHARACTERS);
  }

  SessionHistory(SessionLog log, long characters) {
    this.log = log;
    this.characters = characters;
  }

  /** Rows until there are enough, by number or by size. */
  private static final class Page<T> {
    private final List<T> rows = new ArrayList<>();
    private final int limit;
    private long left;

    Page(int limit, long characters) {
      this.limit = limit;
      this.left = characters;
    }

    boolean isFull() {
      return rows.size() >= limit || left < 0;
    }

    /** Takes what fits; the first always does, or nobody would ever get it. */
    void add(T row, int characters) {
      if (isFull()) {
        return;
      }
      left -= characters;
      if (rows.isEmpty() || left >= 0) {
        rows.add(row);
      }
    }
  }

  List<MessageRow> messages(SessionId id, long after, int limit) {
    var page = new Page<MessageRow>(limit, characters);
    messages(id, id, after, Long.MAX_VALUE, page);
    return page.rows;
  }

  /** The last row that {@link #messages} would come to. */
  Optional<MessageRow> newestMessage(SessionId id) {
    return log.newest(id)
        .map(stored -> stored.event().marks().messages())
        .filter(count -> count > 0)
        .flatMap(count -> messages(id, count - 1, 1).stream().findFirst());
  }

  /** Rows of {@code source} with numbers up to {@code bound}, shown as those of {@code id}. */
  private void messages(
      SessionId id, SessionId source, long after, long bound, Page<MessageRow> page) {
    var from = after;
    var origin = origin(source);
    if (origin.isPresent()) {
      var inherited = Math.min(origin.get().marks().messages(), bound);
      if (from < inherited) {
        messages(id, origin.get().parent(), from, inherited, page);
        from = inherited;
      }
    }
    if (page.isFull()) {
      return;
    }
    var begin = from;
    var next = log.firstSequenceWhere(source, marks -> marks.messages() > begin) - 1;
    while (!page.isFull()) {
      var events = log.read(source, next, BATCH, BATCH_BYTES);
      if (events.isEmpty()) {
        return;
      }
      for (var stored : events) {
        next = stored.sequence();
        var row = LogRows.messageRow(id, stored.event());
        if (row.isPresent() && row.get().sequence() > begin) {
          if (row.get().sequence() > bound) {
            return;
          }
          page.add(row.get(), row.get().content().length());
        }
      }
    }
  }

  List<EventRow> events(SessionId id, long after, int limit, Optional<String> type) {
    var page = new Page<EventRow>(limit, characters);
    var next = log.firstSequenceWhere(id, marks -> marks.timeline() > after) - 1;
    while (!page.isFull()) {
      var events = log.read(id, next, BATCH, BATCH_BYTES);
      if (events.isEmpty()) {
        return page.rows;
      }
      for (var stored : events) {
        next = stored.sequence();
        LogRows.eventRows(id, stored.event()).stream()
            .filter(row -> row.sequence() > after)
            .filter(row -> type.isEmpty() || type.get().equals(row.type()))
            .forEach(row -> page.add(row, row.data().map(String::length).orElse(0)));
      }
    }
    return page.rows;
  }

  private Optional<Origin> origin(SessionId id) {
    return log.read(id, 0, 1, BATCH_BYTES).stream()
        .findFirst()
        .flatMap(
            stored ->
                stored.event() instanceof Created created ? created.origin() : Optional.empty());
  }
}
