package dev.ash.client.stream;

import com.fasterxml.jackson.databind.JsonNode;
import dev.ash.client.http.SseItem;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * One event of a session's stream. The id, when the server gives one, is a cursor: a stream can be
 * taken up behind it.
 */
public sealed interface AgentEvent {
  Optional<String> id();

  /** A turn begins. */
  record SessionStart(Optional<String> id, String sessionId, String version)
      implements AgentEvent {}

  /** A whole message as the agent's SDK gave it; {@code body.type} tells which. */
  record Message(Optional<String> id, JsonNode body) implements AgentEvent {
    /** The kind of message, for example {@code assistant} or {@code result}. */
    public String type() {
      return body.path("type").asText();
    }

    /** The words of an assistant's message, or an empty text. */
    public String text() {
      if (!type().equals("assistant")) {
        return "";
      }
      var words = new StringBuilder();
      body.path("message")
          .path("content")
          .forEach(block -> words.append(block.path("text").asText("")));
      return words.toString();
    }
  }

  /** Some more of the answer's text; only when partial messages were asked for. */
  record TextDelta(Optional<String> id, String delta) implements AgentEvent {}

  /** Some more of what the agent thinks. */
  record ThinkingDelta(Optional<String> id, String delta) implements AgentEvent {}

  /** The agent uses a tool. */
  record ToolUse(Optional<String> id, String toolUseId, String name, JsonNode input)
      implements AgentEvent {}

  /** What a tool gave; {@code content} is a text or a list of blocks. */
  record ToolResult(Optional<String> id, String toolUseId, JsonNode content, boolean isError)
      implements AgentEvent {}

  /** The agent has answered. */
  record TurnComplete(Optional<String> id, OptionalInt numTurns, Optional<String> result)
      implements AgentEvent {}

  /** The turn failed. {@link Done} may follow, or the end of the stream. */
  record ErrorEvent(Optional<String> id, String error) implements AgentEvent {}

  /** The end of a turn. */
  record Done(Optional<String> id, String sessionId) implements AgentEvent {}

  /** An event this client has no type for. */
  record Other(Optional<String> id, String name, JsonNode data) implements AgentEvent {}

  static AgentEvent of(SseItem.Event event) {
    var id = event.id();
    var data = event.json();
    return switch (event.name()) {
      case "session_start" -> new SessionStart(id, text(data, "sessionId"), text(data, "version"));
      case "message" -> new Message(id, data);
      case "text_delta" -> new TextDelta(id, text(data, "delta"));
      case "thinking_delta" -> new ThinkingDelta(id, text(data, "delta"));
      case "tool_use" -> new ToolUse(id, text(data, "id"), text(data, "name"), data.path("input"));
      case "tool_result" ->
          new ToolResult(
              id,
              text(data, "tool_use_id"),
              data.path("content"),
              data.path("is_error").asBoolean());
      case "turn_complete" ->
          new TurnComplete(
              id,
              data.path("numTurns").isInt()
                  ? OptionalInt.of(data.path("numTurns").asInt())
                  : OptionalInt.empty(),
              Optional.ofNullable(data.path("result").textValue()));
      case "error" -> new ErrorEvent(id, text(data, "error"));
      case "done" -> new Done(id, text(data, "sessionId"));
      default -> new Other(id, event.name(), data);
    };
  }

  private static String text(JsonNode data, String field) {
    return data.path(field).asText("");
  }
}
