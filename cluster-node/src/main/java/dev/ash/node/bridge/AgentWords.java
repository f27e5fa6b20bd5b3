package dev.ash.node.bridge;

import dev.ash.protocol.bridge.BridgeFrame;
import dev.ash.protocol.bridge.FrameException;
import dev.ash.protocol.bridge.FrameLimits;

/** Joins the parts of the agent's lines. For the reading thread. */
final class AgentWords {
  private static final String TOO_LONG =
      "[bridge] a line of the agent was longer than "
          + (FrameLimits.AGENT_LINE >> 20)
          + " MiB and was dropped";

  private final Bridge.Listener listener;
  private StringBuilder begun = new StringBuilder();

  AgentWords(Bridge.Listener listener) {
    this.listener = listener;
  }

  void line(BridgeFrame.AgentLine part) throws FrameException, InterruptedException {
    if (part.data().indexOf('\n') >= 0
        || begun.length() + part.data().length() > FrameLimits.AGENT_LINE) {
      throw Claims.bad("agent-line: (expected: one line, not too long)");
    }
    switch (part.end()) {
      case MORE -> begun.append(part.data());
      case LINE -> {
        var line = begun.isEmpty() ? part.data() : begun.append(part.data()).toString();
        forget();
        listener.agentLine(line);
      }
      case CUT -> {
        forget();
        listener.agentLog(TOO_LONG);
      }
    }
  }

  private void forget() {
    if (!begun.isEmpty()) {
      begun = new StringBuilder();
    }
  }
}
