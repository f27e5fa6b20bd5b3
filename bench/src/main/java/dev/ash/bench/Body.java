package dev.ash.bench;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** The content of one answer on a connection that stays open after it. Not thread-safe. */
final class Body {
  private final InputStream in;
  private final boolean chunked;
  private long left;
  private boolean over;

  /**
   * Begins after the answer's head.
   *
   * @param length negative if the content comes in chunks
   */
  Body(InputStream in, long length) {
    this.in = in;
    this.chunked = length < 0;
    this.left = Math.max(length, 0);
    this.over = length == 0;
  }

  String text() throws IOException {
    var bytes = new ByteArrayOutputStream();
    for (var b = read(); b >= 0; b = read()) {
      bytes.write(b);
    }
    return bytes.toString(StandardCharsets.UTF_8);
  }

  /** The next line, without its end; empty when there is none. */
  Optional<String> line() throws IOException {
    var bytes = new ByteArrayOutputStream(256);
    for (var b = read(); b != '\n'; b = read()) {
      if (b < 0) {
        return Optional.empty();
      }
      bytes.write(b);
    }
    return Optional.of(bytes.toString(StandardCharsets.UTF_8));
  }

  private int read() throws IOException {
    if (left == 0 && !over) {
      nextChunk();
    }
    if (over) {
      return -1;
    }
    left--;
    over = left == 0 && !chunked;
    return byteOf(in);
  }

  private void nextChunk() throws IOException {
    var size = headLine(in);
    // The end of the chunk before.
    left = Long.parseLong(size.isEmpty() ? headLine(in) : size, 16);
    if (left == 0) {
      headLine(in);
      over = true;
    }
  }

  /** A line of the protocol itself. */
  static String headLine(InputStream in) throws IOException {
    var line = new StringBuilder();
    for (var b = byteOf(in); b != '\n'; b = byteOf(in)) {
      if (b != '\r') {
        line.append((char) b);
      }
    }
    return line.toString();
  }

  private static int byteOf(InputStream in) throws IOException {
    var b = in.read();
    if (b < 0) {
      throw new EOFException("the node closed the connection");
    }
    return b;
  }
}
