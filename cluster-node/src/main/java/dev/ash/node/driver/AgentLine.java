package dev.ash.node.driver;

import com.fasterxml.jackson.databind.JsonNode;
import dev.ash.protocol.json.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * One line of an agent's output: a JSON object in the form of Claude Code's stream-json (samples in
 * contract/claude-code-samples). The mock agent speaks the same form.
 */
public record AgentLine(String raw, JsonNode json) {

  /** Empty for what is not a JSON object with a type. */
  public static Optional<AgentLine> parse(String raw) {
    return Json.parse(raw)
        .filter(json -> json.isObject() && json.path("type").isTextual())
        .map(json -> new AgentLine(raw, json));
  }

  public String type() {
    return json.path("type").asText();
  }

  public String subtype() {
    return json.path("subtype").asText();
  }

  /** The blocks of an assistant's or user's message; none when its content is plain text. */
  public List<JsonNode> blocks() {
    var blocks = new ArrayList<JsonNode>();
    json.path("message").path("content").forEach(blocks::add);
    return blocks;
  }

  /** A tool's outcome, as structured by the agent; present on lines that carry one. */
  public Optional<ToolOutcome> toolOutcome() {
    var structured = json.path("tool_use_result");
    if (!type().equals("user") || structured.isMissingNode()) {
      return Optional.empty();
    }
    var block =
        blocks().stream().filter(b -> b.path("type").asText().equals("tool_result")).findFirst();
    return block.map(b -> new ToolOutcome(b.path("tool_use_id").asText(), b, structured));
  }

  /** Tool calls that this line starts: id and name. */
  public List<JsonNode> toolStarts() {
    return type().equals("assistant")
        ? blocks().stream().filter(b -> b.path("type").asText().equals("tool_use")).toList()
        : List.of();
  }

  /** Ids of tool calls that this line finishes. */
  public List<String> toolEnds() {
    return type().equals("user")
        ? blocks().stream()
            .filter(b -> b.path("type").asText().equals("tool_result"))
            .map(b -> b.path("tool_use_id").asText())
            .toList()
        : List.of();
  }

  /**
   * What came of a tool call.
   *
   * @param block the {@code tool_result} block
   * @param structured the agent's own record of it
   */
  public record ToolOutcome(String id, JsonNode block, JsonNode structured) {}
}
