package dev.ash.node.upload;

import dev.ash.protocol.id.TenantId;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.util.Optional;

/**
 * The contents of one request, one after the other. It has a file only once they are too large for
 * memory. Any thread; the contents come in one at a time.
 */
public final class UploadFile implements Closeable {
  /** So much of a request's small contents stays in memory. */
  private static final int HELD = 1 << 20;

  /** Room is asked for, and the disk looked at, in steps and not for each write. */
  private static final long STEP = 1 << 20;

  private final Uploads node;
  private final Optional<TenantId> tenant;
  private Optional<FileChannel> channel = Optional.empty();
  private long end;
  private long checked;
  private long reserved;
  private int held;
  private boolean closed;

  UploadFile(Uploads node, Optional<TenantId> tenant) {
    this.node = node;
    this.tenant = tenant;
  }

  /** False when so much will not find room now, so that it need not be sent first. */
  public synchronized boolean reserve(long bytes) {
    if (!node.take(tenant, bytes)) {
      return false;
    }
    reserved += bytes;
    return true;
  }

  /**
   * Begins a content.
   *
   * @param keep bytes beyond this are counted only
   */
  public Incoming begin(long keep) {
    return Incoming.to(this, keep);
  }

  /** Whether so many bytes more may stay in memory. */
  synchronized boolean hold(int bytes) {
    if (bytes > HELD - held) {
      return false;
    }
    held += bytes;
    return true;
  }

  /**
   * Writes the first bytes of an array behind what there is; answers where they begin.
   *
   * @throws NoRoomException when all requests together have too much
   */
  synchronized long append(byte[] bytes, int count) throws IOException {
    if (closed) {
      throw new ClosedChannelException();
    }
    if (end + count > reserved && !reserve(Math.max(count, STEP))) {
      throw new NoRoomException();
    }
    if (end >= checked) {
      node.requireSpace();
      checked = end + STEP;
    }
    if (channel.isEmpty()) {
      channel = Optional.of(node.create());
    }
    var begin = end;
    for (var left = ByteBuffer.wrap(bytes, 0, count); left.hasRemaining(); ) {
      end += channel.get().write(left, end);
    }
    return begin;
  }

  /** Forgets what was written from there on. */
  synchronized void cut(long from) throws IOException {
    if (channel.isPresent()) {
      channel.get().truncate(from);
    }
    end = from;
  }

  /** The bytes at a place, all of them. */
  byte[] read(long from, int count) throws IOException {
    var bytes = ByteBuffer.allocate(count);
    while (bytes.hasRemaining()) {
      if (open().read(bytes, from + bytes.position()) < 0) {
        throw new IOException("the upload's file is shorter than it was");
      }
    }
    return bytes.array();
  }

  private synchronized FileChannel open() throws IOException {
    return closed ? gone() : channel.orElseThrow();
  }

  private static FileChannel gone() throws IOException {
    throw new IOException("the request that sent this content is over");
  }

  /** Ends the file, at once and without blocking: its room is free when it is gone. Repeatable. */
  @Override
  public synchronized void close() {
    if (!closed) {
      closed = true;
      node.end(tenant, channel, reserved);
    }
  }
}
