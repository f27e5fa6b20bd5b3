package dev.ash.bridge;

import dev.ash.protocol.bridge.BridgeFrame;
import dev.ash.protocol.bridge.FrameLimits;
import dev.ash.protocol.bridge.NodeFrame;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * Runs shell commands in the workspace. A command that leaves a program in the background is over
 * when its shell is; the program's pipes are then drained unseen until it ends.
 */
final class Commands {
  private static final int AT_ONCE = 24;
  private static final Duration LAST_WORDS = Duration.ofMillis(500);

  private final ProcessTree tree;
  private final Path workspace;
  private final Semaphore pipes = new Semaphore(2 * AT_ONCE);

  Commands(ProcessTree tree, Path workspace) {
    this.tree = tree;
    this.workspace = workspace;
  }

  void run(NodeFrame.Exec exec, Outbox outbox) throws RequestException, InterruptedException {
    if (!pipes.tryAcquire(2)) {
      throw new RequestException(BridgeFrame.Failure.FAILED, "too many commands run at once");
    }
    Process process;
    try {
      process =
          tree.start(
              List.of("/bin/sh", "-c", exec.command()),
              exec.env(),
              workspace,
              ProcessBuilder.Redirect.from(new File("/dev/null")));
    } catch (IOException e) {
      pipes.release(2);
      throw new RequestException(BridgeFrame.Failure.FAILED, "cannot start: " + e.getMessage());
    }
    var out = new Pipe(exec, BridgeFrame.Stream.STDOUT, process.getInputStream(), outbox);
    var err = new Pipe(exec, BridgeFrame.Stream.STDERR, process.getErrorStream(), outbox);
    var outThread = Threads.start("exec-stdout", out);
    var errThread = Threads.start("exec-stderr", err);
    boolean ended = process.waitFor(exec.timeoutMs(), TimeUnit.MILLISECONDS);
    if (!ended) {
      tree.kill(process);
      process.waitFor();
    }
    LastWords.await(outThread, () -> out.passing, LAST_WORDS);
    LastWords.await(errThread, () -> err.passing, LAST_WORDS);
    out.silence();
    err.silence();
    outbox.put(new BridgeFrame.ExecResult(exec.id(), ended ? process.exitValue() : 1, !ended));
  }

  /** Passes what a command writes, up to its bound, and reads on when nobody wants it any more. */
  private final class Pipe implements Runnable {
    private final NodeFrame.Exec exec;
    private final BridgeFrame.Stream name;
    private final InputStream in;
    private final Outbox outbox;
    private int left;

    /** Whether it waits for the node to take output. */
    private volatile boolean passing;

    Pipe(NodeFrame.Exec exec, BridgeFrame.Stream name, InputStream in, Outbox outbox) {
      this.exec = exec;
      this.name = name;
      this.in = in;
      this.outbox = outbox;
      this.left = exec.maxBytes();
    }

    @Override
    public void run() {
      var buffer = new byte[16 << 10];
      try (in) {
        int read;
        while ((read = in.read(buffer)) >= 0) {
          pass(buffer, read);
        }
      } catch (IOException e) {
        // The pipe of a killed command: there is nothing more to pass.
        silence();
      } finally {
        pipes.release();
      }
    }

    private synchronized void pass(byte[] buffer, int read) {
      int n = Math.min(Math.min(read, left), FrameLimits.DATA);
      if (n > 0) {
        left -= n;
        passing = true;
        outbox.put(
            new BridgeFrame.Output(exec.id(), name, ByteBuffer.wrap(Arrays.copyOf(buffer, n))));
        passing = false;
      }
    }

    /** Nothing may follow the result. */
    synchronized void silence() {
      left = 0;
    }
  }
}
