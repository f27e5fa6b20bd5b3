package dev.ash.gateway.audit;

import java.io.IOException;
import java.util.Optional;

/** Where the lines go. Used by one thread at a time. */
interface Sink extends AutoCloseable {
  /**
   * Where a chain is found when a log is opened.
   *
   * @param last line of the chain that is known
   * @param unchained what stands behind it
   * @param unended the last whole line has no end yet
   */
  record Found(Optional<Link> last, Unchained unchained, boolean unended) {
    static Found nothing() {
      return new Found(Optional.empty(), new Unchained(), false);
    }
  }

  /** Not all bytes were written. */
  final class ShortWriteException extends IOException {
    private static final long serialVersionUID = 1;
    private final int written;

    ShortWriteException(int written, IOException cause) {
      super(cause.getMessage(), cause);
      this.written = written;
    }

    int written() {
      return written;
    }
  }

  /** What is there, if the log was opened just now: for the first time, or since it was moved. */
  Optional<Found> opened() throws IOException;

  /** Writes all of it. */
  void write(byte[] bytes) throws ShortWriteException;

  /** Takes note of the last line outside of the log. */
  void remember(Link last);

  @Override
  void close() throws IOException;
}
