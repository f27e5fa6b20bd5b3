package dev.ash.persistence.blob;

import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;

/** The parts of a content one after another, each fetched when it is wanted. */
final class PartsStream extends InputStream {

  /** Where parts come from; empty after the last. */
  @FunctionalInterface
  interface Parts {
    Optional<byte[]> part(int number) throws IOException;
  }

  private final Parts parts;
  private byte[] current = new byte[0];
  private int position;
  private int next;
  private boolean ended;

  PartsStream(Parts parts) {
    this.parts = parts;
  }

  @Override
  public int read() throws IOException {
    return advance() ? current[position++] & 0xFF : -1;
  }

  @Override
  public int read(byte[] buffer, int offset, int length) throws IOException {
    if (length == 0) {
      return 0;
    }
    if (!advance()) {
      return -1;
    }
    var count = Math.min(length, current.length - position);
    System.arraycopy(current, position, buffer, offset, count);
    position += count;
    return count;
  }

  private boolean advance() throws IOException {
    while (position == current.length && !ended) {
      var part = parts.part(next++);
      ended = part.isEmpty();
      current = part.orElseGet(() -> new byte[0]);
      position = 0;
    }
    return position < current.length;
  }
}
