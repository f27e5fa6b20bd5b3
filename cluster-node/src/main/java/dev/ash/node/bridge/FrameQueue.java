package dev.ash.node.bridge;

import dev.ash.protocol.bridge.FrameCodec;
import dev.ash.protocol.bridge.NodeFrame;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.util.ArrayDeque;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The frames on their way to a bridge, written by one thread. Nobody waits for room: a bridge that
 * does not read makes its requests fail, not its callers stand still.
 */
final class FrameQueue {
  private static final long ROOM = 8L << 20;
  private static final byte[] RENEW = FrameCodec.encode(new NodeFrame.Renew());

  private final WritableByteChannel channel;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final ArrayDeque<byte[]> frames = new ArrayDeque<>();
  private long queued;
  private boolean renewDue;
  private boolean closed;

  FrameQueue(WritableByteChannel channel) {
    this.channel = channel;
  }

  /** What became of a frame. */
  enum Accepted {
    YES,
    FULL,
    CLOSED
  }

  Accepted add(byte[] frame) {
    lock.lock();
    try {
      if (closed) {
        return Accepted.CLOSED;
      }
      if (queued > ROOM) {
        return Accepted.FULL;
      }
      frames.add(frame);
      queued += frame.length;
      changed.signal();
      return Accepted.YES;
    } finally {
      lock.unlock();
    }
  }

  /** Goes before all other frames, and never twice: a frozen bridge collects no heap of them. */
  void renew() {
    lock.lock();
    try {
      renewDue = true;
      changed.signal();
    } finally {
      lock.unlock();
    }
  }

  /** What was accepted is still written. */
  void close() {
    lock.lock();
    try {
      closed = true;
      changed.signal();
    } finally {
      lock.unlock();
    }
  }

  /** Writes until closed and empty. */
  void run() throws IOException, InterruptedException {
    while (true) {
      byte[] frame;
      lock.lock();
      try {
        while (frames.isEmpty() && !renewDue && !closed) {
          changed.await();
        }
        if (renewDue) {
          renewDue = false;
          frame = RENEW;
        } else if (frames.isEmpty()) {
          return;
        } else {
          frame = frames.remove();
          queued -= frame.length;
        }
      } finally {
        lock.unlock();
      }
      var bytes = ByteBuffer.wrap(frame);
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
    }
  }
}
