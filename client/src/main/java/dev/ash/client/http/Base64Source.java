package dev.ash.client.http;

import java.io.IOException;
import java.io.InputStream;
import java.util.Base64;

/** The Base64 text of another stream's bytes. */
final class Base64Source extends InputStream {
  /** A multiple of three, so that only the last block is padded. */
  private static final int BLOCK = 3 << 14;

  private final InputStream in;
  private byte[] block = new byte[0];
  private int next;

  Base64Source(InputStream in) {
    this.in = in;
  }

  /** How many characters so many bytes become. */
  static long encodedSize(long bytes) {
    return (bytes + 2) / 3 * 4;
  }

  @Override
  public int read() throws IOException {
    return fill() ? block[next++] : -1;
  }

  @Override
  public int read(byte[] target, int offset, int length) throws IOException {
    if (length == 0) {
      return 0;
    }
    if (!fill()) {
      return -1;
    }
    var n = Math.min(length, block.length - next);
    System.arraycopy(block, next, target, offset, n);
    next += n;
    return n;
  }

  private boolean fill() throws IOException {
    if (next == block.length) {
      block = Base64.getEncoder().encode(in.readNBytes(BLOCK));
      next = 0;
    }
    return block.length > 0;
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
