package dev.ash.protocol.bridge;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;

/**
 * What a node says to a bridge. Frames with an id are answered by frames with the same id; the node
 * draws the ids, from 1 upwards.
 */
public sealed interface NodeFrame {

  /**
   * Must be the first frame, and comes once.
   *
   * @param epoch of the session's owner; the bridge obeys the newest it has seen
   * @param leaseMs how long the bridge goes on without {@link Renew}
   */
  record Hello(String token, long epoch, long leaseMs) implements NodeFrame {
    @Override
    public String toString() {
      return "Hello[epoch=" + epoch + ", leaseMs=" + leaseMs + "]";
    }
  }

  /** The owner still lives. Not answered. */
  record Renew() implements NodeFrame {}

  /** Starts the agent as a program with its whole environment. */
  record StartProgram(long id, List<String> command, Map<String, String> env) implements NodeFrame {
    public StartProgram {
      command = List.copyOf(command);
      env = Map.copyOf(env);
    }
  }

  /** Starts the scripted agent that lives in the bridge. */
  record StartMock(long id, String sessionId) implements NodeFrame {}

  /**
   * A part of one line for the agent's standard input; answered when the agent's pipe has it.
   *
   * @param last whether the line ends here
   */
  record Line(long id, String data, boolean last) implements NodeFrame {}

  /** Ends the agent; answered when it is gone. */
  record StopAgent(long id, long graceMs) implements NodeFrame {}

  /** Runs a shell command; answered by outputs and an exec-result. */
  record Exec(long id, String command, long timeoutMs, Map<String, String> env, int maxBytes)
      implements NodeFrame {
    public Exec {
      env = Map.copyOf(env);
    }
  }

  /**
   * Lists the workspace; answered by batches of entries.
   *
   * @param skip names that are left out, with all below them
   */
  record ListFiles(long id, boolean digests, List<String> skip) implements NodeFrame {
    public ListFiles {
      skip = List.copyOf(skip);
    }
  }

  record Read(long id, String path, long offset, int length) implements NodeFrame {}

  record Write(long id, String path, long offset, ByteBuffer data, boolean last)
      implements NodeFrame {
    public Write {
      data = data.asReadOnlyBuffer();
    }
  }

  record Delete(long id, String path) implements NodeFrame {}

  /** The owner goes; the bridge ends the agent and itself. Not answered. */
  record Bye() implements NodeFrame {}
}
