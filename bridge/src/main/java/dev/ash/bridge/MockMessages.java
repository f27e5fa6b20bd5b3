package dev.ash.bridge;

import java.util.List;

/** The lines a mock writes, byte for byte as the contract's samples have them. */
final class MockMessages {
  private final String sessionId;

  MockMessages(String sessionId) {
    this.sessionId = sessionId;
  }

  String assistant(String text) {
    return assistantBlock(MockJson.of("type", "text", "text", text));
  }

  private String assistantBlock(Object block) {
    return MockJson.write(
        MockJson.of(
            "type",
            "assistant",
            "message",
            MockJson.of("role", "assistant", "content", List.of(block)),
            "session_id",
            sessionId));
  }

  String toolUse(String id, String path, String text) {
    return assistantBlock(
        MockJson.of(
            "type",
            "tool_use",
            "id",
            id,
            "name",
            "Write",
            "input",
            MockJson.of("file_path", path, "content", text)));
  }

  String toolResult(String id, String path, String text) {
    return MockJson.write(
        MockJson.of(
            "type",
            "user",
            "message",
            MockJson.of(
                "role",
                "user",
                "content",
                List.of(
                    MockJson.of(
                        "tool_use_id",
                        id,
                        "type",
                        "tool_result",
                        "content",
                        "File created successfully at: " + path))),
            "parent_tool_use_id",
            null,
            "session_id",
            sessionId,
            "tool_use_result",
            MockJson.of("type", "create", "filePath", path, "content", text)));
  }

  String toolError(String id, String why) {
    return MockJson.write(
        MockJson.of(
            "type",
            "user",
            "message",
            MockJson.of(
                "role",
                "user",
                "content",
                List.of(
                    MockJson.of(
                        "tool_use_id",
                        id,
                        "type",
                        "tool_result",
                        "content",
                        why,
                        "is_error",
                        true))),
            "parent_tool_use_id",
            null,
            "session_id",
            sessionId,
            "tool_use_result",
            "Error: " + why));
  }

  String success(String result) {
    return MockJson.write(
        MockJson.of(
            "type",
            "result",
            "subtype",
            "success",
            "session_id",
            sessionId,
            "cost_usd",
            0,
            "duration_ms",
            100,
            "duration_api_ms",
            50,
            "is_error",
            false,
            "num_turns",
            1,
            "result",
            result));
  }

  String interrupted() {
    return MockJson.write(
        MockJson.of(
            "type",
            "result",
            "subtype",
            "error_during_execution",
            "session_id",
            sessionId,
            "cost_usd",
            0,
            "duration_ms",
            100,
            "duration_api_ms",
            50,
            "is_error",
            true,
            "num_turns",
            1));
  }

  String idle() {
    return MockJson.write(
        MockJson.of("type", "system", "subtype", "session_state_changed", "state", "idle"));
  }

  String controlResponse(String requestId, Object response) {
    return MockJson.write(
        MockJson.of(
            "type",
            "control_response",
            "response",
            MockJson.of("subtype", "success", "request_id", requestId, "response", response)));
  }

  String messageStart() {
    return streamEvent(
        MockJson.of(
            "type",
            "message_start",
            "message",
            MockJson.of(
                "id", "msg_mock", "type", "message", "role", "assistant", "content", List.of())));
  }

  String blockStart() {
    return streamEvent(
        MockJson.of(
            "type",
            "content_block_start",
            "index",
            0,
            "content_block",
            MockJson.of("type", "text", "text", "")));
  }

  String textDelta(String text) {
    return streamEvent(
        MockJson.of(
            "type",
            "content_block_delta",
            "index",
            0,
            "delta",
            MockJson.of("type", "text_delta", "text", text)));
  }

  String blockStop() {
    return streamEvent(MockJson.of("type", "content_block_stop", "index", 0));
  }

  String messageDelta() {
    return streamEvent(
        MockJson.of(
            "type",
            "message_delta",
            "delta",
            MockJson.of("stop_reason", "end_turn"),
            "usage",
            MockJson.of("output_tokens", 10)));
  }

  String messageStop() {
    return streamEvent(MockJson.of("type", "message_stop"));
  }

  private String streamEvent(Object event) {
    return MockJson.write(
        MockJson.of("type", "stream_event", "event", event, "session_id", sessionId));
  }
}
