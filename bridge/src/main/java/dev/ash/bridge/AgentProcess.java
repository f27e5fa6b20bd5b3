package dev.ash.bridge;

import dev.ash.protocol.bridge.FrameLimits;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** An agent that is a program: its three pipes and its end. */
final class AgentProcess implements Agent {
  private static final int LOG_LINE = 8 << 10;
  private static final Duration LAST_WORDS = Duration.ofSeconds(2);

  private final ProcessTree tree;
  private final Outlet outlet;
  private final Process process;
  private final BlockingQueue<Input> input = new ArrayBlockingQueue<>(2 * FrameLimits.LINE_WINDOW);
  private final CountDownLatch gone = new CountDownLatch(1);
  private volatile boolean ended;

  /** Whether its output or its log waits for the node to take it. */
  private volatile boolean outputPassing;

  private volatile boolean logPassing;

  private sealed interface Input {
    record Part(String data, boolean last, Runnable taken) implements Input {}

    record End() implements Input {}
  }

  private AgentProcess(ProcessTree tree, Outlet outlet, Process process) {
    this.tree = tree;
    this.outlet = outlet;
    this.process = process;
  }

  static AgentProcess start(
      ProcessTree tree,
      List<String> command,
      Map<String, String> environment,
      Path folder,
      Outlet outlet)
      throws IOException {
    var process = tree.start(command, environment, folder, ProcessBuilder.Redirect.PIPE);
    var agent = new AgentProcess(tree, outlet, process);
    var out = Threads.start("agent-stdout", agent::passOutput);
    var err = Threads.start("agent-stderr", agent::passLog);
    Threads.start("agent-stdin", agent::passInput);
    Threads.start("agent-end", () -> agent.awaitEnd(out, err));
    return agent;
  }

  @Override
  public boolean line(String data, boolean last, Runnable taken) {
    return alive() && input.offer(new Input.Part(data, last, taken));
  }

  @Override
  public void stop(Duration grace) throws InterruptedException {
    if (!input.offer(new Input.End()) || !gone.await(grace.toMillis(), TimeUnit.MILLISECONDS)) {
      kill();
    }
    gone.await();
  }

  @Override
  public void kill() {
    tree.kill(process);
  }

  @Override
  public boolean alive() {
    return !ended;
  }

  private void passOutput() {
    var buffer = new byte[32 << 10];
    try (var out = process.getInputStream()) {
      int read;
      while ((read = out.read(buffer)) >= 0) {
        outputPassing = true;
        outlet.output(buffer, 0, read);
        outputPassing = false;
      }
    } catch (IOException e) {
      outlet.log("bridge: the agent's output cannot be read: " + e.getMessage());
    }
  }

  private void passLog() {
    try (var err =
        new BufferedReader(
            new InputStreamReader(process.getErrorStream(), StandardCharsets.UTF_8))) {
      boolean more = true;
      while (more) {
        more = passLogLine(err);
      }
    } catch (IOException e) {
      outlet.log("bridge: the agent's log cannot be read: " + e.getMessage());
    }
  }

  private boolean passLogLine(Reader err) throws IOException {
    var line = new StringBuilder();
    int c = err.read();
    if (c < 0) {
      return false;
    }
    while (c >= 0 && c != '\n') {
      if (line.length() < LOG_LINE) {
        line.append((char) c);
      }
      c = err.read();
    }
    logPassing = true;
    outlet.log(line.toString());
    logPassing = false;
    return true;
  }

  private void passInput() {
    try (var in = process.getOutputStream()) {
      while (input.take() instanceof Input.Part part) {
        in.write(part.data().getBytes(StandardCharsets.UTF_8));
        if (part.last()) {
          in.write('\n');
          in.flush();
        }
        part.taken().run();
      }
    } catch (IOException e) {
      outlet.log("bridge: the agent reads no more: " + e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** What the agent left behind would hold its pipes open, and would answer to nobody. */
  private void awaitEnd(Thread out, Thread err) {
    int code = 1;
    try {
      code = process.waitFor();
      tree.kill(process);
      LastWords.await(out, () -> outputPassing, LAST_WORDS);
      LastWords.await(err, () -> logPassing, LAST_WORDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      // Before the word goes out: who hears it may start the next agent at once.
      ended = true;
      outlet.exited(code);
      input.offer(new Input.End());
      gone.countDown();
    }
  }
}
