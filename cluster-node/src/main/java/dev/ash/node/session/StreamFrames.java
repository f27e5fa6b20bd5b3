package dev.ash.node.session;

import com.fasterxml.jackson.databind.JsonNode;
import dev.ash.node.driver.AgentLine;
import dev.ash.protocol.id.SessionId;
import dev.ash.protocol.json.Json;
import dev.ash.protocol.session.SessionEvent;
import dev.ash.protocol.session.SessionEvent.AgentSaid;
import dev.ash.protocol.session.SessionEvent.Created;
import dev.ash.protocol.session.SessionEvent.Ended;
import dev.ash.protocol.session.SessionEvent.ModelNoted;
import dev.ash.protocol.session.SessionEvent.Paused;
import dev.ash.protocol.session.SessionEvent.Reconfigured;
import dev.ash.protocol.session.SessionEvent.Resumed;
import dev.ash.protocol.session.SessionEvent.Stopped;
import dev.ash.protocol.session.SessionEvent.TurnAccepted;
import dev.ash.protocol.session.SessionEvent.TurnContinued;
import dev.ash.protocol.session.SessionEvent.TurnEnded;
import dev.ash.protocol.session.SessionEvent.TurnStarted;
import dev.ash.protocol.session.SessionEvent.WorkspaceSaved;
import java.util.ArrayList;
import java.util.List;

/**
 * The SSE frames that an event, or a partial delta, is shown as (contract 2.7). Pure, so that a
 * replay gives the frames that went out live.
 */
final class StreamFrames {
  /** What the wire calls the server's version. */
  static final String VERSION = "0.2.0";

  /** A frame without its id. */
  record Body(String event, String data) {}

  private StreamFrames() {}

  static List<Body> of(SessionId session, SessionEvent event) {
    return switch (event) {
      case TurnAccepted _ ->
          List.of(
              new Body(
                  "session_start",
                  Json.object()
                      .put("sessionId", session.value())
                      .put("version", VERSION)
                      .toString()));
      case AgentSaid said -> agentSaid(said.raw());
      case TurnContinued continued -> continued(continued);
      case ModelNoted noted -> List.of(new Body(eventName(noted.kind()), noted.dataJson()));
      case TurnEnded ended -> ended(session, ended);
      case Ended _ ->
          List.of(
              new Body("session_end", Json.object().put("sessionId", session.value()).toString()));
      case Created _,
          TurnStarted _,
          WorkspaceSaved _,
          Paused _,
          Resumed _,
          Stopped _,
          Reconfigured _ ->
          List.of();
    };
  }

  /** The frames of a partial line, which is published but not stored. */
  static List<Body> ofDelta(String raw) {
    var frames = new ArrayList<Body>();
    AgentLine.parse(raw).ifPresent(line -> delta(line.json().path("event").path("delta"), frames));
    frames.add(new Body("message", raw));
    return frames;
  }

  private static void delta(JsonNode delta, List<Body> frames) {
    var type = delta.path("type").asText();
    switch (type) {
      case "" -> {}
      case "text_delta" -> frames.add(deltaText("text_delta", delta.path("text")));
      case "thinking_delta" -> frames.add(deltaText("thinking_delta", delta.path("thinking")));
      default -> frames.add(new Body(eventName(type), delta.toString()));
    }
  }

  private static List<Body> agentSaid(String raw) {
    var frames = new ArrayList<Body>();
    AgentLine.parse(raw).ifPresent(line -> granular(line, frames));
    frames.add(new Body("message", raw));
    return frames;
  }

  private static void granular(AgentLine line, List<Body> frames) {
    switch (line.type()) {
      case "assistant" -> line.blocks().forEach(block -> block(block, frames));
      case "user" -> line.toolOutcome().ifPresent(outcome -> frames.add(toolResult(outcome)));
      case "result" -> {
        var data = Json.object();
        copy(line.json(), "num_turns", data, "numTurns");
        copy(line.json(), "result", data, "result");
        frames.add(new Body("turn_complete", data.toString()));
      }
      default -> {}
    }
  }

  private static void block(JsonNode block, List<Body> frames) {
    var type = block.path("type").asText();
    switch (type) {
      case "text", "" -> {}
      case "thinking" -> frames.add(deltaText("thinking_delta", block.path("thinking")));
      case "tool_use" -> {
        var data = Json.object();
        copy(block, "id", data, "id");
        copy(block, "name", data, "name");
        copy(block, "input", data, "input");
        frames.add(new Body("tool_use", data.toString()));
      }
      default -> frames.add(new Body(eventName(type), block.toString()));
    }
  }

  private static Body toolResult(AgentLine.ToolOutcome outcome) {
    var data = Json.object().put("tool_use_id", outcome.id());
    var stdout = outcome.structured().path("stdout");
    data.set("content", stdout.isTextual() ? stdout : outcome.block().path("content"));
    copy(outcome.block(), "is_error", data, "is_error");
    return new Body("tool_result", data.toString());
  }

  /**
   * A tool call that was cut off is told as a failed one, so that no client waits for its result.
   */
  private static List<Body> continued(TurnContinued continued) {
    var frames = new ArrayList<Body>();
    for (var call : continued.interrupted()) {
      var data = Json.object().put("tool_use_id", call.id());
      data.put("content", "Interrupted: " + continued.reason()).put("is_error", true);
      frames.add(new Body("tool_result", data.toString()));
    }
    frames.add(
        new Body(
            "turn_continued",
            Json.object()
                .put("turn", continued.turn())
                .put("attempt", continued.attempt())
                .put("reason", continued.reason())
                .toString()));
    return frames;
  }

  private static List<Body> ended(SessionId session, TurnEnded ended) {
    var frames = new ArrayList<Body>();
    ended
        .error()
        .ifPresent(
            error -> frames.add(new Body("error", Json.object().put("error", error).toString())));
    frames.add(new Body("done", Json.object().put("sessionId", session.value()).toString()));
    return frames;
  }

  private static Body deltaText(String event, JsonNode text) {
    return new Body(event, Json.object().put("delta", text.asText()).toString());
  }

  /** A type becomes a line of its own in the stream, so it must not bring line breaks with it. */
  private static String eventName(String type) {
    return type.matches("[A-Za-z0-9_.-]{1,64}") ? type : "unknown";
  }

  private static void copy(
      JsonNode from, String key, com.fasterxml.jackson.databind.node.ObjectNode to, String as) {
    var value = from.path(key);
    if (!value.isMissingNode()) {
      to.set(as, value);
    }
  }
}
