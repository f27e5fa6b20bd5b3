package dev.ash.node.session;

import dev.ash.node.driver.AgentLine;
import dev.ash.protocol.session.SessionEvent.ToolCall;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Tool calls that have no result yet, in order. The agent makes them up: only the newest are kept,
 * with so much of their names.
 */
record OpenTools(List<ToolCall> calls) {
  static final int MOST = 100;
  static final int LONGEST = 256;

  OpenTools {
    calls = List.copyOf(calls);
  }

  /**
   * What a line makes of the calls.
   *
   * @param tool whose result the line is
   */
  record Heard(OpenTools open, Optional<String> tool) {}

  Heard hear(String raw) {
    return raw.contains("\"tool_")
        ? AgentLine.parse(raw).map(this::hear).orElseGet(() -> new Heard(this, Optional.empty()))
        : new Heard(this, Optional.empty());
  }

  private Heard hear(AgentLine line) {
    var open = new ArrayList<>(calls);
    for (var call : line.toolStarts()) {
      open.add(new ToolCall(cut(call.path("id").asText()), cut(call.path("name").asText())));
    }
    var ended = line.toolEnds().stream().map(OpenTools::cut).toList();
    var tool =
        open.stream().filter(call -> ended.contains(call.id())).map(ToolCall::name).findFirst();
    open.removeIf(call -> ended.contains(call.id()));
    return new Heard(
        new OpenTools(open.subList(Math.max(0, open.size() - MOST), open.size())), tool);
  }

  private static String cut(String text) {
    return text.length() <= LONGEST ? text : text.substring(0, LONGEST);
  }
}
