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
 * at is found by bisection over the marks. A fork's messages begin with those of its parent.
 * Blocks.
 */
final class SessionHistory {
  private static final int BATCH = 256;
  private static final long BATCH_BYTES = 4 << 20;

  private final SessionLog log;

  SessionHistory(SessionLog log) {
    this.log = log;
  }

  List<MessageRow> messages(SessionId id, long after, int limit) {
    return messages(id, id, after, limit, Long.MAX_VALUE);
  }

  /** Rows of {@code source} with numbers up to {@code bound}, shown as those of {@code id}. */
  private List<MessageRow> messages(
      SessionId id, SessionId source, long after, int limit, long bound) {
    var rows = new ArrayList<MessageRow>();
    var from = after;
    var origin = origin(source);
    if (origin.isPresent()) {
      var inherited = Math.min(origin.get().marks().messages(), bound);
      if (from < inherited) {
        rows.addAll(messages(id, origin.get().parent(), from, limit, inherited));
        from = inherited;
      }
    }
    var begin = from;
    var next = log.firstSequenceWhere(source, marks -> marks.messages() > begin) - 1;
    while (rows.size() < limit) {
      var events = log.read(source, next, BATCH, BATCH_BYTES);
      if (events.isEmpty()) {
        return rows;
      }
      for (var stored : events) {
        next = stored.sequence();
        var row = LogRows.messageRow(id, stored.event());
        if (row.isPresent() && row.get().sequence() > begin && rows.size() < limit) {
          if (row.get().sequence() > bound) {
            return rows;
          }
          rows.add(row.get());
        }
      }
    }
    return rows;
  }

  List<EventRow> events(SessionId id, long after, int limit, Optional<String> type) {
    var rows = new ArrayList<EventRow>();
    var next = log.firstSequenceWhere(id, marks -> marks.timeline() > after) - 1;
    while (rows.size() < limit) {
      var events = log.read(id, next, BATCH, BATCH_BYTES);
      if (events.isEmpty()) {
        return rows;
      }
      for (var stored : events) {
        next = stored.sequence();
        LogRows.eventRows(id, stored.event()).stream()
            .filter(row -> row.sequence() > after)
            .filter(row -> type.isEmpty() || type.get().equals(row.type()))
            .limit(limit - (long) rows.size())
            .forEach(rows::add);
      }
    }
    return rows;
  }

  private Optional<Origin> origin(SessionId id) {
    return log.read(id, 0, 1, BATCH_BYTES).stream()
        .findFirst()
        .flatMap(
            stored ->
                stored.event() instanceof Created created ? created.origin() : Optional.empty());
  }
}
