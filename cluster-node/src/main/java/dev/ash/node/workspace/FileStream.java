package dev.ash.node.workspace;

import dev.ash.node.bridge.Bridge;
import dev.ash.node.bridge.Bridge.Chunk;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.util.Objects;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.util.ByteString;

/**
 * The bytes of one file in a sandbox, read through the bridge with one part asked for ahead. What
 * the sandbox says about the file's size is only used to notice that the file changes: the bytes
 * that came are counted, and bounded.
 */
final class FileStream extends InputStream {
  static final int CHUNK = 256 << 10;

  private final Bridge bridge;
  private final String path;
  private final long limit;
  private CompletionStage<Chunk> next;
  private ByteString bytes = ByteString.emptyByteString();
  private boolean ended;
  private boolean changed;
  private long claimedSize = -1;
  private long received;

  /**
   * A stream of a file.
   *
   * @param first the first {@link #CHUNK} bytes, already asked for
   * @param limit how many bytes may come
   */
  FileStream(Bridge bridge, String path, CompletionStage<Chunk> first, long limit) {
    this.bridge = bridge;
    this.path = path;
    this.next = first;
    this.limit = limit;
  }

  /** How many bytes came. */
  long size() {
    return received;
  }

  /** Whether the file had another size at the end than at any time before. */
  boolean changed() {
    return changed || received != claimedSize;
  }

  @Override
  public int read() throws IOException {
    var one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] buffer, int offset, int length) throws IOException {
    Objects.checkFromIndexSize(offset, length, buffer.length);
    if (length == 0) {
      return 0;
    }
    while (bytes.isEmpty()) {
      if (ended) {
        return -1;
      }
      take();
    }
    var count = Math.min(length, bytes.size());
    bytes.copyToArray(buffer, offset, count);
    bytes = bytes.drop(count);
    return count;
  }

  private void take() throws IOException {
    var chunk = chunk();
    if (chunk.bytes().size() > CHUNK) {
      throw new IOException("the bridge sent more of " + path + " than it was asked for");
    }
    changed |= claimedSize >= 0 && claimedSize != chunk.size();
    claimedSize = chunk.size();
    received += chunk.bytes().size();
    if (received > limit) {
      throw new OverLimit(received);
    }
    bytes = chunk.bytes();
    // A part without bytes that is not the last would be asked for again for ever.
    ended = chunk.last() || bytes.isEmpty();
    if (!ended) {
      next = bridge.read(path, received, CHUNK);
    }
  }

  private Chunk chunk() throws IOException {
    try {
      return BridgeCalls.await(next, "reading " + path);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      var interrupted = new InterruptedIOException("interrupted while reading " + path);
      interrupted.initCause(e);
      throw interrupted;
    }
  }

  /** More bytes came than the disk limit leaves room for. */
  static final class OverLimit extends IOException {
    private static final long serialVersionUID = 1L;
    private final long received;

    private OverLimit(long received) {
      super("more bytes than the limit: " + received);
      this.received = received;
    }

    long received() {
      return received;
    }
  }
}
