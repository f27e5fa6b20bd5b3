package dev.ash.bridge;

import dev.ash.protocol.bridge.BridgeFrame;
import dev.ash.protocol.bridge.FrameLimits;
import dev.ash.protocol.bridge.NodeFrame;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Optional;

/** Passes what a command writes, up to its bound, and reads on when nobody wants it any more. */
final class CommandPipe implements Runnable {
  private static final int BUFFER = 16 << 10;

  private final NodeFrame.Exec exec;
  private final BridgeFrame.Stream name;
  private final InputStream in;
  private final Outbox outbox;
  private final Optional<EndMark> mark;
  private final Runnable over;
  private int left;

  /** Whether it waits for the node to take output. */
  private volatile boolean passing;

  /**
   * One of a command's two.
   *
   * @param mark looked for in it, and not passed
   * @param over told when there is nothing more to read
   */
  CommandPipe(
      NodeFrame.Exec exec,
      BridgeFrame.Stream name,
      InputStream in,
      Outbox outbox,
      Optional<EndMark> mark,
      Runnable over) {
    this.exec = exec;
    this.name = name;
    this.in = in;
    this.outbox = outbox;
    this.mark = mark;
    this.over = over;
    this.left = exec.maxBytes();
  }

  @Override
  public void run() {
    var buffer = new byte[BUFFER];
    try (in) {
      int read;
      while ((read = in.read(buffer)) >= 0) {
        heard(buffer, read);
      }
    } catch (IOException e) {
      // The pipe of a killed command: there is nothing more to pass.
      silence();
    } finally {
      mark.map(EndMark::rest).ifPresent(rest -> pass(rest, rest.length));
      over.run();
    }
  }

  private void heard(byte[] bytes, int length) {
    if (mark.isEmpty()) {
      pass(bytes, length);
    } else {
      var rest = mark.get().without(bytes, length);
      pass(rest, rest.length);
      mark.get().tell();
    }
  }

  boolean isPassing() {
    return passing;
  }

  private synchronized void pass(byte[] bytes, int length) {
    int n = Math.min(Math.min(length, left), FrameLimits.DATA);
    if (n > 0) {
      left -= n;
      passing = true;
      outbox.put(new BridgeFrame.Output(exec.id(), name, ByteBuffer.wrap(Arrays.copyOf(bytes, n))));
      passing = false;
    }
  }

  /** Nothing may follow the result. */
  synchronized void silence() {
    left = 0;
  }
}
