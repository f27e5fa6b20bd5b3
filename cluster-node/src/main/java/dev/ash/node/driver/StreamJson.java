package dev.ash.node.driver;

import com.fasterxml.jackson.databind.JsonNode;
import dev.ash.node.driver.AgentDriver.Heard;
import dev.ash.protocol.json.Json;
import java.util.ArrayList;
import java.util.regex.Pattern;

/**
 * Claude Code's stream-json, seen from the host (contract/claude-code.md section 3). The lines come
 * from inside the sandbox and may be crafted: nothing in them is believed beyond what they are
 * stored and shown as.
 */
final class StreamJson {
  /** Of a file or folder; none that begins with a dot, so neither {@code .} nor {@code ..}. */
  private static final String NAME = "[A-Za-z0-9_-][A-Za-z0-9._-]*";

  private static final Pattern TRANSCRIPT =
      Pattern.compile(".*/\\.claude/projects/[^/]+/(" + NAME + "(?:/" + NAME + "){0,4})");

  private StreamJson() {}

  static String interrupt(String requestId) {
    var line = Json.object().put("request_id", requestId).put("type", "control_request");
    line.putObject("request").put("subtype", "interrupt");
    return line.toString();
  }

  static Heard hear(String raw) {
    return AgentLine.parse(raw).map(StreamJson::meaning).orElseGet(Heard.Nothing::new);
  }

  private static Heard meaning(AgentLine line) {
    return switch (line.type()) {
      case "stream_event" -> new Heard.Partial();
      case "system" -> system(line);
      case "transcript_mirror" -> transcript(line.json());
      case "control_request" -> new Heard.Wants(refusal(line.json()));
      case "control_response", "control_cancel_request", "keep_alive", "command_lifecycle" ->
          new Heard.Nothing();
      default -> new Heard.Complete();
    };
  }

  private static Heard system(AgentLine line) {
    return switch (line.subtype()) {
      case "session_state_changed" ->
          line.json().path("state").asText().equals("idle")
              ? new Heard.Idle()
              : new Heard.Nothing();
      // Progress that is stale a moment later: worth showing, not worth a row of the log.
      case "status", "thinking_tokens", "task_progress" -> new Heard.Partial();
      default -> new Heard.Complete();
    };
  }

  private static Heard transcript(JsonNode mirror) {
    var path = TRANSCRIPT.matcher(mirror.path("filePath").asText());
    if (!path.matches()) {
      return new Heard.Nothing();
    }
    var lines = new ArrayList<String>();
    mirror.path("entries").forEach(entry -> lines.add(entry.toString()));
    return new Heard.Transcript(path.group(1), lines);
  }

  /** There is nobody to ask, so what the agent's own rules do not allow is denied. */
  private static String refusal(JsonNode request) {
    var answer = Json.object().put("type", "control_response");
    var response = answer.putObject("response");
    response.put("request_id", request.path("request_id").asText());
    if (request.path("request").path("subtype").asText().equals("can_use_tool")) {
      response.put("subtype", "success");
      response
          .putObject("response")
          .put("behavior", "deny")
          .put("message", "Not allowed by this agent's permission rules.");
    } else {
      response.put("subtype", "error").put("error", "not supported by this host");
    }
    return answer.toString();
  }
}
