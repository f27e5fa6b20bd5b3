package dev.ash.node.clients;

import com.fasterxml.jackson.databind.JsonNode;
import dev.ash.node.e2e.StrictClient;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;

/**
 * How the published clients read a stream: line by line, {@code event: x} then {@code data: y},
 * anything else passed over. They differ in what ends a line.
 */
enum Scanner {
  /** TypeScript SDK, command line and MCP server. */
  NEWLINES("\n"),
  /** Python's {@code splitlines}. */
  PYTHON("\r\n|[\n\r\u000b\f\u001c\u001d\u001e\u0085\u2028\u2029]");

  private final Pattern ends;

  /** One event of a stream. */
  record Event(String type, JsonNode data) {}

  Scanner(String ends) {
    this.ends = Pattern.compile(ends);
  }

  List<Event> read(String stream) {
    var events = new ArrayList<Event>();
    var type = "";
    for (var line : Arrays.asList(ends.split(stream, -1))) {
      if (line.startsWith("event: ")) {
        type = line.substring("event: ".length()).strip();
      } else if (line.startsWith("data: ") && !type.isEmpty()) {
        events.add(new Event(type, StrictClient.json(line.substring("data: ".length()))));
        type = "";
      }
    }
    return events;
  }
}
