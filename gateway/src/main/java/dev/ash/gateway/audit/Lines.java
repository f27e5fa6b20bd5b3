package dev.ash.gateway.audit;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;

/** Reads lines as bytes. One that is longer than any of ours comes in pieces. */
final class Lines {
  private static final int LONGEST = 1 << 20;
  private static final byte[] END = {'\n'};

  /** A line or a piece of one. */
  static final class Line {
    private final byte[] bytes;
    private final boolean whole;
    private final boolean ended;

    private Line(byte[] bytes, boolean whole, boolean ended) {
      this.bytes = bytes;
      this.whole = whole;
      this.ended = ended;
    }

    byte[] bytes() {
      return bytes;
    }

    /** From its beginning to its end, or to the end of the file. */
    boolean whole() {
      return whole;
    }

    /** Whether a line's end stands behind it. */
    boolean ended() {
      return ended;
    }

    void addTo(Unchained unchained) {
      unchained.add(bytes, 0, bytes.length);
      if (ended) {
        unchained.add(END, 0, 1);
      }
    }
  }

  private final InputStream in;
  private boolean inside;

  Lines(InputStream in) {
    this.in = new BufferedInputStream(in, 64 << 10);
  }

  Optional<Line> next() throws IOException {
    var line = new ByteArrayOutputStream(1_024);
    for (var b = in.read(); b >= 0; b = in.read()) {
      if (b == '\n') {
        var whole = !inside;
        inside = false;
        return Optional.of(new Line(line.toByteArray(), whole, true));
      }
      line.write(b);
      if (line.size() == LONGEST) {
        inside = true;
        return Optional.of(new Line(line.toByteArray(), false, false));
      }
    }
    return line.size() == 0
        ? Optional.empty()
        : Optional.of(new Line(line.toByteArray(), !inside, false));
  }
}
