package dev.ash.node.bridge;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.IntPredicate;
import org.apache.pekko.util.ByteString;

/**
 * One connection to the bridge of one sandbox. All methods may be called from any thread and none
 * blocks; stages fail with {@link BridgeException}, also all open ones when the connection is lost.
 * Requests carry ids, so any number may be under way beside a running agent.
 */
public interface Bridge extends AutoCloseable {

  /** Starts the agent program; its lines then reach {@link Listener#agentLine}. */
  CompletionStage<Void> startAgent(Agent agent);

  /** Writes one line to the agent's standard input. */
  CompletionStage<Void> tellAgent(String line);

  /** Ends the agent: end of input first, then a kill after the grace. Completes when it is gone. */
  CompletionStage<Void> stopAgent(Duration grace);

  /** Runs a shell command in the workspace. */
  CompletionStage<ExecResult> exec(Exec exec);

  /** Lists everything below the workspace, in the order of paths. */
  CompletionStage<Listing> list(boolean withDigests);

  /** Up to {@code length} bytes of a file from {@code offset}; links out of reach fail. */
  CompletionStage<Chunk> read(String path, long offset, int length);

  /**
   * Writes a part of a file. Parts of one file come in order, the first with offset 0; the file
   * appears under its name with the last one, so that a half-written one is never seen.
   */
  CompletionStage<Void> write(String path, long offset, ByteString bytes, boolean last);

  CompletionStage<Void> delete(String path);

  /** Ends the connection; the bridge then ends its agent and itself. */
  @Override
  void close();

  /** What to run: a program with its arguments and whole environment, or the mock. */
  sealed interface Agent {
    record Program(List<String> command, Map<String, String> environment) implements Agent {
      public Program {
        command = List.copyOf(command);
        environment = Map.copyOf(environment);
      }
    }

    /** The contract's scripted agent, which lives in the bridge itself. */
    record Mock(String sessionId) implements Agent {}
  }

  /**
   * A shell command.
   *
   * @param environment the command's whole environment
   * @param maxBytes bound of each output; what is over it is dropped
   * @param room asked for so many more bytes of output; once it says no, the rest is dropped.
   *     Called on the connection's thread, so it must not block
   */
  record Exec(
      String command,
      Duration timeout,
      Map<String, String> environment,
      int maxBytes,
      IntPredicate room) {

    /** With room for all of its output. */
    public Exec(String command, Duration timeout, Map<String, String> environment, int maxBytes) {
      this(command, timeout, environment, maxBytes, _ -> true);
    }
  }

  /** How a command ended; one killed by its timeout has exit code 1 and {@code timedOut}. */
  record ExecResult(int exitCode, String stdout, String stderr, boolean timedOut) {}

  /**
   * What a workspace holds.
   *
   * @param truncated whether there were more entries than the bound allows
   */
  record Listing(List<Entry> entries, boolean truncated) {}

  /**
   * A file, folder or link below the workspace.
   *
   * @param path relative, with {@code /}, no {@code .} or {@code ..} part
   * @param mode permission bits
   * @param digest SHA-256 in hex as the sandbox claims it: a hint for what need not be read again
   * @param target of a link, as text
   */
  record Entry(
      String path,
      Kind kind,
      long size,
      int mode,
      Instant modified,
      Optional<String> digest,
      Optional<String> target) {}

  enum Kind {
    FILE,
    DIRECTORY,
    LINK
  }

  /**
   * A part of a file.
   *
   * @param size of the whole file
   */
  record Chunk(ByteString bytes, long size, boolean last) {}

  /**
   * Hears what comes out of the sandbox. Called on the connection's own virtual thread, one call at
   * a time; a listener that blocks in {@link #agentLine} holds the agent back.
   */
  interface Listener {
    void agentLine(String line) throws InterruptedException;

    void agentLog(String line);

    /**
     * The agent's process is gone.
     *
     * @param code exit code, or 128 + signal
     */
    void agentExited(int code);

    /** The connection is gone; nothing follows. */
    void closed(String reason);
  }
}
