package dev.ash.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.ash.client.stream.AgentEvent;
import java.util.List;

/**
 * Shows a turn while it runs: the agent's words on standard output as they come, what it does with
 * tools on standard error.
 */
final class TurnPrinter {
  private static final List<String> TELLING_INPUTS =
      List.of("file_path", "path", "command", "pattern", "url", "query", "description", "prompt");

  private final Terminal terminal;

  /** What the deltas of the message in progress have shown so far. */
  private final StringBuilder streamed = new StringBuilder();

  private boolean lineIsOpen;
  private boolean newParagraph;
  private boolean failed;

  TurnPrinter(Terminal terminal) {
    this.terminal = terminal;
  }

  /** Whether the turn ended with an error. */
  boolean failed() {
    return failed;
  }

  void show(AgentEvent event) {
    switch (event) {
      case AgentEvent.TextDelta(_, var delta) -> {
        streamed.append(delta);
        print(delta);
      }
      case AgentEvent.ToolUse tool -> {
        endLine();
        terminal.aside("[" + tool.name() + "] " + summary(tool.input()));
      }
      case AgentEvent.ToolResult result -> toolResult(result);
      case AgentEvent.Message(_, var body) -> message(body);
      case AgentEvent.ErrorEvent(_, var error) -> error(error);
      case AgentEvent.Done _ -> endLine();
      case AgentEvent.SessionStart _,
          AgentEvent.ThinkingDelta _,
          AgentEvent.TurnComplete _,
          AgentEvent.Other _ -> {}
    }
  }

  private void message(JsonNode message) {
    if (message.path("parent_tool_use_id").isTextual()) {
      return; // a subagent's words are the agent's business
    }
    switch (message.path("type").asText()) {
      case "stream_event" -> {
        if (message.path("event").path("type").asText().equals("message_start")) {
          startOver();
        }
      }
      case "assistant" -> wholeMessage(message.path("message").path("content"));
      case "result" -> {
        if (message.path("is_error").asBoolean() && !failed) {
          error("the turn failed (" + message.path("subtype").asText() + ")");
        }
      }
      default -> newParagraph |= lineIsOpen;
    }
  }

  /** The model's answer broke off and is asked for again. */
  private void startOver() {
    if (!streamed.isEmpty()) {
      endLine();
      terminal.aside("[the answer broke off, again from the start]");
      streamed.setLength(0);
    }
  }

  /** Shows what the deltas have not: all of it when there were none. */
  private void wholeMessage(JsonNode content) {
    var whole = new StringBuilder();
    content.forEach(
        block -> {
          if (block.path("type").asText().equals("text")) {
            whole.append(block.path("text").asText());
          }
        });
    if (whole.isEmpty()) {
      return;
    }
    if (whole.toString().startsWith(streamed.toString())) {
      print(whole.substring(streamed.length()));
    } else {
      startOver();
      print(whole.toString());
    }
    streamed.setLength(0);
    newParagraph = true;
  }

  private void toolResult(AgentEvent.ToolResult result) {
    if (result.isError()) {
      endLine();
      terminal.aside("[failed] " + oneLine(text(result.content())));
    }
  }

  private void error(String text) {
    failed = true;
    endLine();
    terminal.note("Error: " + text);
  }

  private void print(String text) {
    if (text.isEmpty()) {
      return;
    }
    if (newParagraph) {
      endLine();
    }
    terminal.print(text);
    lineIsOpen = !text.endsWith("\n");
    newParagraph = false;
  }

  private void endLine() {
    if (lineIsOpen) {
      terminal.print("\n");
      lineIsOpen = false;
    }
    newParagraph = false;
  }

  private static String summary(JsonNode input) {
    for (var field : TELLING_INPUTS) {
      if (input.path(field).isTextual()) {
        return oneLine(input.path(field).asText());
      }
    }
    return input.isEmpty() ? "" : oneLine(Json.compact(input));
  }

  static String text(JsonNode content) {
    return content.isTextual() ? content.asText() : Json.compact(content);
  }

  static String oneLine(String text) {
    var line = text.strip().replaceAll("\\s+", " ");
    return line.length() <= 120 ? line : line.substring(0, 119) + "…";
  }
}
