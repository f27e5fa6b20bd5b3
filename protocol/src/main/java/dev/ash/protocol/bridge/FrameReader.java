package dev.ash.protocol.bridge;

import dev.ash.protocol.bridge.FrameException.Reason;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Cuts what comes out of a channel into frames. For one thread. */
public final class FrameReader {
  private static final int BUFFER = 64 << 10;

  private final ReadableByteChannel channel;
  private final ByteBuffer direct = ByteBuffer.allocateDirect(BUFFER);
  private final byte[] chunk = new byte[BUFFER];
  private int position;
  private int limit;

  public FrameReader(ReadableByteChannel channel) {
    this.channel = channel;
  }

  /**
   * The next frame's bytes without the newline; null at the end of the stream. Blocks.
   *
   * @throws FrameException when a frame is longer than {@link FrameLimits#FRAME}, or cut short by
   *     the end; nothing more can be read then
   */
  public byte @Nullable [] next() throws IOException, FrameException {
    var begun = new byte[0];
    while (true) {
      int end = position;
      while (end < limit && chunk[end] != '\n') {
        end++;
      }
      if ((long) begun.length + (end - position) > FrameLimits.FRAME) {
        throw new FrameException(Reason.TOO_LONG, "frame: longer than " + FrameLimits.FRAME);
      }
      var frame = append(begun, position, end);
      if (end < limit) {
        position = end + 1;
        return frame;
      }
      begun = frame;
      if (!fill()) {
        if (begun.length > 0) {
          throw new FrameException(Reason.TRUNCATED, "frame: ended in the middle");
        }
        return null;
      }
    }
  }

  private byte[] append(byte[] begun, int from, int to) {
    if (begun.length == 0) {
      return Arrays.copyOfRange(chunk, from, to);
    }
    var joined = Arrays.copyOf(begun, begun.length + to - from);
    System.arraycopy(chunk, from, joined, begun.length, to - from);
    return joined;
  }

  private boolean fill() throws IOException {
    direct.clear();
    int read;
    do {
      read = channel.read(direct);
    } while (read == 0);
    if (read < 0) {
      position = 0;
      limit = 0;
      return false;
    }
    direct.flip().get(chunk, 0, read);
    position = 0;
    limit = read;
    return true;
  }
}
