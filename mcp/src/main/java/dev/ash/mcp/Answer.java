package dev.ash.mcp;

import com.fasterxml.jackson.databind.JsonNode;
import dev.ash.client.http.SseItem;
import dev.ash.client.stream.AgentEvent;
import dev.ash.client.stream.EventStream;
import java.util.StringJoiner;

/** A turn as one text: what the agent said, which tools it used, its result, or why it failed. */
final class Answer {
  private final Progress progress;
  private final StringJoiner lines = new StringJoiner("\n");
  private boolean failed;

  Answer(Progress progress) {
    this.progress = progress;
  }

  void read(EventStream turn) {
    for (var item = turn.nextItem(); item.isPresent(); item = turn.nextItem()) {
      switch (item.get()) {
        case SseItem.Event event -> take(AgentEvent.of(event));
        case SseItem.Heartbeat _ -> progress.step("still working");
      }
    }
  }

  String text() {
    return lines.length() == 0 ? "No text response" : lines.toString();
  }

  boolean failed() {
    return failed;
  }

  private void take(AgentEvent event) {
    switch (event) {
      case AgentEvent.Message message -> message(message);
      case AgentEvent.ErrorEvent(_, var error) -> {
        failed = true;
        lines.add("Error: " + error);
      }
      case AgentEvent.SessionStart _,
          AgentEvent.TextDelta _,
          AgentEvent.ThinkingDelta _,
          AgentEvent.ToolUse _,
          AgentEvent.ToolResult _,
          AgentEvent.TurnComplete _,
          AgentEvent.Done _,
          AgentEvent.Other _ -> {}
    }
  }

  private void message(AgentEvent.Message message) {
    var body = message.body();
    switch (message.type()) {
      case "assistant" -> body.path("message").path("content").forEach(this::block);
      case "result" -> add(body.path("result").asText(""));
      default -> {}
    }
  }

  private void block(JsonNode block) {
    switch (block.path("type").asText()) {
      case "text" -> add(block.path("text").asText());
      case "tool_use" -> add("[Tool: " + block.path("name").asText() + "]");
      default -> {}
    }
  }

  private void add(String text) {
    if (!text.isEmpty()) {
      lines.add(text);
      progress.step(text.length() <= 200 ? text : text.substring(0, 199) + "…");
    }
  }
}
