package dev.ash.bridge;

import dev.ash.protocol.bridge.BridgeFrame;
import dev.ash.protocol.bridge.FrameCodec;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.util.ArrayDeque;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The frames on their way to the node, written by one thread. What may be much ({@link #put}) waits
 * for room; short answers ({@link #offer}) never wait, so that the thread which reads renewals is
 * never held up by a node that is slow to read.
 */
final class Outbox {
  private static final int ROOM = 512 << 10;
  private static final int BUFFER = 64 << 10;

  private final WritableByteChannel channel;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final ArrayDeque<byte[]> frames = new ArrayDeque<>();
  private long queued;
  private boolean closed;

  Outbox(WritableByteChannel channel) {
    this.channel = channel;
  }

  /** Waits for room. False when the connection is gone. */
  boolean put(BridgeFrame frame) {
    var line = FrameCodec.encode(frame);
    lock.lock();
    try {
      while (!closed && queued > ROOM) {
        changed.awaitUninterruptibly();
      }
      return add(line);
    } finally {
      lock.unlock();
    }
  }

  void offer(BridgeFrame frame) {
    var line = FrameCodec.encode(frame);
    lock.lock();
    try {
      add(line);
    } finally {
      lock.unlock();
    }
  }

  private boolean add(byte[] line) {
    if (closed) {
      return false;
    }
    frames.add(line);
    queued += line.length;
    changed.signalAll();
    return true;
  }

  /** Nothing more is accepted; what was accepted is still written. */
  void close() {
    lock.lock();
    try {
      closed = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Writes until closed and empty, or until the node is gone. */
  void run() {
    var buffer = ByteBuffer.allocateDirect(BUFFER);
    try {
      while (fill(buffer)) {
        buffer.flip();
        while (buffer.hasRemaining()) {
          channel.write(buffer);
        }
        buffer.clear();
      }
    } catch (IOException e) {
      close();
    }
  }

  private byte[] rest = new byte[0];
  private int restAt;

  /** Gathers as many frames as fit; only the writing thread comes here. */
  private boolean fill(ByteBuffer buffer) {
    while (true) {
      int n = Math.min(buffer.remaining(), rest.length - restAt);
      buffer.put(rest, restAt, n);
      restAt += n;
      if (!buffer.hasRemaining()) {
        return true;
      }
      lock.lock();
      try {
        while (frames.isEmpty()) {
          if (buffer.position() > 0) {
            return true;
          }
          if (closed) {
            return false;
          }
          changed.awaitUninterruptibly();
        }
        rest = frames.remove();
        restAt = 0;
        queued -= rest.length;
        changed.signalAll();
      } finally {
        lock.unlock();
      }
    }
  }
}
