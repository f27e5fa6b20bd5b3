package dev.ash.bridge;

import dev.ash.protocol.bridge.BridgeFrame;
import dev.ash.protocol.bridge.NodeFrame;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Runs shell commands in the workspace. A command that leaves a program in the background is over
 * when its shell is; the program's pipes are then drained unseen until it ends.
 */
final class Commands {
  private static final int AT_ONCE = 24;
  private static final Duration LAST_WORDS = Duration.ofMillis(500);
  private static final Duration LOOK = Duration.ofMillis(50);
  private static final Duration SLOW_NODE = Duration.ofSeconds(5);

  /**
   * A shell around the command, which stays until its own standard input ends. When a process ends,
   * Java closes our ends of its pipes, and what the command left in the background would be killed
   * by its next word. Its own words, such as "Killed", are nobody's.
   */
  private static final String HOLDER =
      """
      exec 3>&2 2>/dev/null
      ( exec /bin/sh -c "$1" </dev/null 2>&3 3>&- )
      %s
      exec >/dev/null 3>&-
      read -r end
      """
          .formatted(EndMark.PRINTED);

  private final ProcessTree tree;
  private final Path workspace;
  private final Semaphore pipes = new Semaphore(2 * AT_ONCE);

  Commands(ProcessTree tree, Path workspace) {
    this.tree = tree;
    this.workspace = workspace;
  }

  void run(NodeFrame.Exec exec, Outbox outbox) throws RequestException, InterruptedException {
    if (!pipes.tryAcquire(2)) {
      throw busy("too many commands run at once");
    }
    var name = "ash-end-%d-%x".formatted(exec.id(), System.nanoTime());
    var process = begin(exec, name);
    var readers = new AtomicInteger(2);
    Runnable over =
        () -> {
          pipes.release();
          if (readers.decrementAndGet() == 0) {
            release(process);
          }
        };
    var mark = new EndMark(name);
    var out =
        new CommandPipe(
            exec,
            BridgeFrame.Stream.STDOUT,
            process.getInputStream(),
            outbox,
            Optional.empty(),
            over);
    var err =
        new CommandPipe(
            exec,
            BridgeFrame.Stream.STDERR,
            process.getErrorStream(),
            outbox,
            Optional.of(mark),
            over);
    var outThread = Threads.create("exec-stdout", out);
    var errThread = Threads.create("exec-stderr", err);
    if (!started(process, outThread, errThread)) {
      throw busy("cannot start: the sandbox has as many threads as it may");
    }
    var code = code(process, mark, Duration.ofMillis(exec.timeoutMs()));
    if (code.isEmpty()) {
      tree.kill(process);
      process.waitFor();
    }
    LastWords.await(outThread, out::isPassing, LAST_WORDS);
    LastWords.await(errThread, err::isPassing, LAST_WORDS);
    out.silence();
    err.silence();
    outbox.put(new BridgeFrame.ExecResult(exec.id(), code.orElse(1), code.isEmpty()));
  }

  private Process begin(NodeFrame.Exec exec, String name) throws RequestException {
    var begun = false;
    try {
      var command = List.of("/bin/sh", "-c", HOLDER, "sh", exec.command(), name);
      var process = tree.start(command, exec.env(), workspace, ProcessBuilder.Redirect.PIPE);
      begun = true;
      return process;
    } catch (IOException e) {
      throw new RequestException(BridgeFrame.Failure.FAILED, "cannot start: " + e.getMessage());
    } finally {
      if (!begun) {
        pipes.release(2);
      }
    }
  }

  /** How the command ended, also where it took the shell around it with it; empty if it did not. */
  private static OptionalInt code(Process process, EndMark mark, Duration patience)
      throws InterruptedException {
    var deadline = System.nanoTime() + patience.toNanos();
    for (var left = patience.toNanos(); left > 0; left = deadline - System.nanoTime()) {
      var alive = process.isAlive();
      var code = mark.await(Duration.ofNanos(Math.min(left, LOOK.toNanos())));
      if (code.isPresent() || !alive) {
        return code.isPresent() ? code : OptionalInt.of(process.exitValue());
      }
    }
    // If its shell has ended in time, the mark waits behind words that the node is slow to take.
    return process.isAlive() && process.children().findAny().isEmpty()
        ? mark.await(SLOW_NODE)
        : OptionalInt.empty();
  }

  /** Starts both readers, or ends the command and gives back what they would have had. */
  private boolean started(Process process, Thread out, Thread err) {
    var outStarted = Threads.tryStart(out);
    if (outStarted && Threads.tryStart(err)) {
      return true;
    }
    tree.kill(process);
    // A reader that has started sees the end of its pipe, and gives its permit back itself.
    pipes.release(outStarted ? 1 : 2);
    return false;
  }

  /** Nothing has the pipes any more: the shell that held them may go. */
  private static void release(Process holder) {
    try {
      holder.getOutputStream().close();
    } catch (IOException _) {
      // It is gone already.
    }
  }

  private static RequestException busy(String why) {
    return new RequestException(BridgeFrame.Failure.BUSY, why);
  }
}
