package dev.ash.scriptedmodel;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;

/** One answer of the model, as a whole or as the events of a stream. */
record Message(String id, String model, Step step, int inputTokens) {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
  private static final int JSON_CHUNK = 24;
  private static final int CHARACTERS_PER_TOKEN = 4;

  /**
   * One server-sent event.
   *
   * @param delta whether it is a piece of content, which the step's pace holds back
   */
  record Event(JsonNode data, boolean delta) {
    String name() {
      return data.path("type").asText();
    }
  }

  static int tokens(int characters) {
    return Math.ceilDiv(characters, CHARACTERS_PER_TOKEN);
  }

  int outputTokens() {
    var characters = step.think().orElse("").length() + step.text().orElse("").length();
    for (var tool : step.tools()) {
      characters += tool.name().length() + tool.input().toString().length();
    }
    return step.usage().path("output_tokens").asInt(Math.max(1, tokens(characters)));
  }

  int countedInput() {
    return step.usage().path("input_tokens").asInt(inputTokens);
  }

  ObjectNode whole() {
    var message = envelope();
    var content = message.putArray("content");
    step.think()
        .ifPresent(
            think ->
                content
                    .addObject()
                    .put("type", "thinking")
                    .put("thinking", think)
                    .put("signature", "c2ln"));
    step.text().ifPresent(text -> content.addObject().put("type", "text").put("text", text));
    for (var i = 0; i < step.tools().size(); i++) {
      toolUse(content.addObject(), i).set("input", step.tools().get(i).input());
    }
    message.put("stop_reason", stopReason()).putNull("stop_sequence");
    message.set("usage", usage(outputTokens()));
    return message;
  }

  List<Event> events() {
    var events = new ArrayList<Event>();
    var start = event("message_start");
    var message = envelope();
    message.putArray("content");
    message.putNull("stop_reason").putNull("stop_sequence").set("usage", usage(1));
    start.set("message", message);
    events.add(new Event(start, false));
    var index = 0;
    if (step.think().isPresent()) {
      events.add(started(index, block("thinking").put("thinking", "").put("signature", "")));
      if (index == 0) {
        events.add(new Event(event("ping"), false));
      }
      for (var piece : pieces(step.think().get(), step.chunk())) {
        events.add(delta(index, block("thinking_delta").put("thinking", piece)));
      }
      events.add(delta(index, block("signature_delta").put("signature", "c2ln")));
      events.add(stopped(index++));
    }
    if (step.text().isPresent()) {
      events.add(started(index, block("text").put("text", "")));
      if (index == 0) {
        events.add(new Event(event("ping"), false));
      }
      for (var piece : pieces(step.text().get(), step.chunk())) {
        events.add(delta(index, block("text_delta").put("text", piece)));
      }
      events.add(stopped(index++));
    }
    for (var i = 0; i < step.tools().size(); i++) {
      var block = toolUse(JSON.objectNode(), i);
      block.putObject("input");
      events.add(started(index, block));
      for (var piece : pieces(step.tools().get(i).input().toString(), JSON_CHUNK)) {
        events.add(delta(index, block("input_json_delta").put("partial_json", piece)));
      }
      events.add(stopped(index++));
    }
    var end = event("message_delta");
    end.putObject("delta").put("stop_reason", stopReason()).putNull("stop_sequence");
    end.set("usage", usage(outputTokens()));
    events.add(new Event(end, false));
    events.add(new Event(event("message_stop"), false));
    return events;
  }

  static ObjectNode event(String type) {
    return JSON.objectNode().put("type", type);
  }

  private ObjectNode envelope() {
    return JSON.objectNode()
        .put("id", id)
        .put("type", "message")
        .put("role", "assistant")
        .put("model", model);
  }

  private ObjectNode toolUse(ObjectNode block, int i) {
    return block
        .put("type", "tool_use")
        .put("id", id.replace("msg_", "toolu_") + "%02d".formatted(i))
        .put("name", step.tools().get(i).name());
  }

  private ObjectNode usage(int outputTokens) {
    var usage =
        JSON.objectNode()
            .put("input_tokens", inputTokens)
            .put("cache_creation_input_tokens", 0)
            .put("cache_read_input_tokens", 0)
            .put("service_tier", "standard");
    usage.setAll(step.usage());
    return usage.put("output_tokens", outputTokens);
  }

  private String stopReason() {
    return step.stop().orElse(step.tools().isEmpty() ? "end_turn" : "tool_use");
  }

  private static ObjectNode block(String type) {
    return JSON.objectNode().put("type", type);
  }

  private static Event started(int index, ObjectNode block) {
    var event = event("content_block_start").put("index", index);
    event.set("content_block", block);
    return new Event(event, false);
  }

  private static Event delta(int index, ObjectNode delta) {
    var event = event("content_block_delta").put("index", index);
    event.set("delta", delta);
    return new Event(event, true);
  }

  private static Event stopped(int index) {
    return new Event(event("content_block_stop").put("index", index), false);
  }

  static List<String> pieces(String text, int size) {
    var pieces = new ArrayList<String>();
    var from = 0;
    while (from < text.length()) {
      var to = Math.min(text.length(), from + size);
      if (to < text.length() && Character.isHighSurrogate(text.charAt(to - 1))) {
        to++;
      }
      pieces.add(text.substring(from, to));
      from = to;
    }
    return pieces;
  }
}
