package dev.ash.node.workspace;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/**
 * What comes out of a decompressor, counted: in all, and since the last step. Whoever made the
 * archive decides how much that is, so no size in it is believed.
 */
final class CountedStream extends FilterInputStream {
  private final long mostInAll;
  private long inAll;
  private long left = Long.MAX_VALUE;

  CountedStream(InputStream in, long mostInAll) {
    super(in);
    this.mostInAll = mostInAll;
  }

  /** From here on so many bytes may be read until this is said again. */
  void allow(long bytes) {
    left = bytes;
  }

  private void count(long read) throws IOException {
    inAll += read;
    left -= read;
    if (inAll > mostInAll) {
      throw new IOException("more than " + mostInAll + " bytes when unpacked");
    }
    if (left < 0) {
      throw new IOException("a header is too long");
    }
  }

  @Override
  public int read() throws IOException {
    var b = super.read();
    if (b >= 0) {
      count(1);
    }
    return b;
  }

  @Override
  public int read(byte[] buffer, int offset, int length) throws IOException {
    var n = super.read(buffer, offset, length);
    if (n > 0) {
      count(n);
    }
    return n;
  }

  @Override
  public long skip(long bytes) throws IOException {
    var n = super.skip(bytes);
    count(n);
    return n;
  }

  @Override
  public boolean markSupported() {
    return false;
  }
}
