package dev.ash.node.session;

import dev.ash.persistence.table.TranscriptTable;
import dev.ash.protocol.id.SessionId;
import java.util.List;

/** Transcripts in their table. */
final class StoredTranscripts implements Transcripts {
  private final TranscriptTable table;

  StoredTranscripts(TranscriptTable table) {
    this.table = table;
  }

  @Override
  public void append(SessionId session, String path, List<String> lines) {
    table.append(session, path, String.join("\n", lines));
  }

  @Override
  public void read(SessionId session, Reader reader) {
    table.readAll(session, chunk -> reader.chunk(chunk.path(), chunk.lines()));
  }

  @Override
  public void copy(SessionId from, SessionId to) {
    table.copy(from, to);
  }
}
