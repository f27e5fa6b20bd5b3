package dev.ash.node.upload;

import java.io.IOException;
import java.util.Arrays;
import java.util.Optional;
import org.apache.pekko.util.ByteString;

/** One content while it comes in, byte by byte. */
public final class Incoming {
  private static final int CHUNK = 64 * 1024;

  private final Optional<UploadFile> file;
  private final long keep;
  private byte[] chunk = new byte[1024];
  private int used;
  private long size;
  private long begin = -1;

  private Incoming(Optional<UploadFile> file, long keep) {
    this.file = file;
    this.keep = keep;
  }

  /**
   * Starts empty.
   *
   * @param keep bytes beyond this are counted only, and what was kept is dropped
   */
  static Incoming to(UploadFile file, long keep) {
    return new Incoming(Optional.of(file), keep);
  }

  /** One without bound that stays in memory: for what is in memory anyway. */
  public static Incoming inMemory() {
    return new Incoming(Optional.empty(), Long.MAX_VALUE);
  }

  /** How many bytes have come, kept or not. */
  public long size() {
    return size;
  }

  /** Takes the next byte. Blocks when there are enough for a write to the file. */
  public void put(byte next) throws IOException {
    size++;
    if (size > keep) {
      drop();
      return;
    }
    if (used == chunk.length) {
      if (used < CHUNK || file.isEmpty()) {
        chunk = Arrays.copyOf(chunk, chunk.length * 4);
      } else {
        flush(file.get());
      }
    }
    chunk[used++] = next;
  }

  /** What was kept; empty when there was too much. Blocks as {@link #put} does. */
  public Content finish() throws IOException {
    if (begin < 0 && (file.isEmpty() || file.get().hold(used))) {
      return Content.of(ByteString.fromArray(chunk, 0, used));
    }
    var into = file.orElseThrow();
    flush(into);
    return new FileContent(into, begin, size);
  }

  private void flush(UploadFile into) throws IOException {
    var at = into.append(chunk, used);
    if (begin < 0) {
      begin = at;
    }
    used = 0;
  }

  private void drop() throws IOException {
    used = 0;
    if (begin >= 0) {
      file.orElseThrow().cut(begin);
      begin = -1;
    }
  }
}
