package dev.ash.node.driver;

import dev.ash.node.bridge.Bridge;
import dev.ash.protocol.id.SessionId;
import dev.ash.protocol.session.SessionSettings;
import dev.ash.protocol.session.TurnOptions;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What the node knows of one agent program. Pure: it says what to start and what to write, and what
 * a line means; it starts and writes nothing itself.
 */
public sealed interface AgentDriver permits ClaudeDriver, MockDriver {

  /** The process that serves turns with these options; two that are equal may share one. */
  Bridge.Agent process(Conversation conversation, TurnOptions options);

  /**
   * Whether a process started for some options serves a turn with others as well, or has to be
   * replaced by one that resumes the conversation.
   */
  boolean serves(TurnOptions started, TurnOptions wanted);

  /** The line that starts a turn. */
  String prompt(Prompt prompt);

  /** The line that stops the running turn. */
  String interrupt(String requestId);

  /** What a line of the agent means. */
  Heard hear(String raw);

  /** Files that the agent's home must hold before it starts, by path below the home. */
  Map<String, String> homeFiles();

  /** Where below the home the agent keeps its transcripts, given where it works. */
  String transcriptFolder(String workspace);

  /**
   * Which conversation a process is for.
   *
   * @param settings the session's
   * @param environment given by the agent's folder and the session
   * @param given by the node for model calls of other programs; may hold its credential
   * @param program the agent's program, as it is called inside
   * @param hostSockets folder of the sockets to the node, as the agent sees it
   * @param workspace where the agent works, as it sees it
   * @param home the agent's home, as it sees it
   * @param proxy URL of the way out, where there is one
   * @param from the conversation to go on with: this session's own, or the one it was forked from;
   *     empty starts a new one
   */
  record Conversation(
      SessionId session,
      SessionSettings settings,
      Map<String, String> environment,
      Map<String, String> given,
      String program,
      String hostSockets,
      String workspace,
      String home,
      Optional<String> proxy,
      Optional<SessionId> from) {
    public Conversation {
      environment = Map.copyOf(environment);
      given = Map.copyOf(given);
    }
  }

  /**
   * What starts a turn.
   *
   * @param contentJson JSON text of a string or of content blocks
   * @param resumed whether the conversation has earlier turns
   */
  record Prompt(long turn, String contentJson, TurnOptions options, boolean resumed) {}

  /** The meaning of a line. */
  sealed interface Heard {
    /** To be stored and shown. */
    record Complete() implements Heard {}

    /** To be shown now and not stored. */
    record Partial() implements Heard {}

    /**
     * Lines to be kept for a later resume.
     *
     * @param path below the transcript folder; already checked to stay there
     */
    record Transcript(String path, List<String> lines) implements Heard {
      public Transcript {
        lines = List.copyOf(lines);
      }
    }

    /** The agent has nothing more to do. */
    record Idle() implements Heard {}

    /** The agent waits for this line. */
    record Wants(String answer) implements Heard {}

    /** Nothing to anybody. */
    record Nothing() implements Heard {}
  }
}
