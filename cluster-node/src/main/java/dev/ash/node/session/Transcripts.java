package dev.ash.node.session;

import dev.ash.protocol.id.SessionId;
import java.util.List;

/**
 * The agents' own transcripts, append-only; kept so that a conversation goes on elsewhere. Blocks.
 */
interface Transcripts {

  void append(SessionId session, String path, List<String> lines);

  /** Hands over every chunk in the order it was appended. */
  void read(SessionId session, Reader reader);

  /** Gives {@code to} all that {@code from} has now. */
  void copy(SessionId from, SessionId to);

  /** Takes one chunk of lines of one file. */
  @FunctionalInterface
  interface Reader {
    void chunk(String path, String lines);
  }
}
