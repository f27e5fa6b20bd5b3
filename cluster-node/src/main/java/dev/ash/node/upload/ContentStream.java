package dev.ash.node.upload;

import java.io.IOException;
import java.io.InputStream;
import java.util.Objects;

/** Reads a content from its beginning to its end. */
final class ContentStream extends InputStream {
  private static final int BUFFER = 64 * 1024;

  private final Content content;
  private byte[] buffer = new byte[0];
  private int position;
  private long next;

  ContentStream(Content content) {
    this.content = content;
  }

  @Override
  public int read() throws IOException {
    return advance() ? buffer[position++] & 0xFF : -1;
  }

  @Override
  public int read(byte[] into, int offset, int length) throws IOException {
    Objects.checkFromIndexSize(offset, length, into.length);
    if (length == 0) {
      return 0;
    }
    if (!advance()) {
      return -1;
    }
    var count = Math.min(length, buffer.length - position);
    System.arraycopy(buffer, position, into, offset, count);
    position += count;
    return count;
  }

  private boolean advance() throws IOException {
    if (position == buffer.length) {
      buffer = content.part(next, BUFFER);
      next += buffer.length;
      position = 0;
    }
    return position < buffer.length;
  }
}
