package dev.ash.node.bridge;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * UTF-8 text that comes in parts, as small as a sender likes. Held once, in blocks of one size, so
 * that ten megabytes take ten megabytes; what is no UTF-8 is replaced. For one thread.
 */
final class CollectedText {
  private static final int BLOCK = 16 << 10;

  private final CharsetDecoder decoder =
      StandardCharsets.UTF_8
          .newDecoder()
          .onMalformedInput(CodingErrorAction.REPLACE)
          .onUnmappableCharacter(CodingErrorAction.REPLACE);
  private final List<String> decoded = new ArrayList<>();
  private @Nullable ByteBuffer block;
  private int size;

  /** Bytes taken so far. */
  int size() {
    return size;
  }

  void add(ByteBuffer bytes) {
    size += bytes.remaining();
    while (bytes.hasRemaining()) {
      var to = block == null ? ByteBuffer.allocate(BLOCK) : block;
      block = to;
      int n = Math.min(to.remaining(), bytes.remaining());
      to.put(bytes.slice(bytes.position(), n));
      bytes.position(bytes.position() + n);
      if (!to.hasRemaining()) {
        decode(to, false);
      }
    }
  }

  /** All of it. What is held meanwhile is let go. */
  String finish() {
    decode(block == null ? ByteBuffer.allocate(0) : block, true);
    block = null;
    var all = String.join("", decoded);
    decoded.clear();
    return all;
  }

  /** A character that is not whole yet stays in the block. */
  private void decode(ByteBuffer from, boolean last) {
    from.flip();
    var text = CharBuffer.allocate(from.remaining() + 1);
    decoder.decode(from, text, last);
    if (last) {
      decoder.flush(text);
    }
    from.compact();
    decoded.add(text.flip().toString());
  }
}
