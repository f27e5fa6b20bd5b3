package dev.ash.scriptedmodel;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * How one model call is answered; the README's table describes the fields.
 *
 * @param times how many calls of this step suffer its error, errorMid or cut before it is answered
 *     normally; {@link Integer#MAX_VALUE} when the script does not say
 * @param chunk characters in one text delta
 */
record Step(
    Optional<String> think,
    Optional<String> text,
    List<ToolUse> tools,
    Optional<Failure> error,
    Optional<MidFailure> errorMid,
    OptionalInt cut,
    int times,
    Pace pace,
    Hang hang,
    Optional<String> stop,
    ObjectNode usage,
    int chunk) {

  private static final int CHUNK = 12;
  private static final int MAX_WAIT_MS = 3_600_000;
  private static final Set<String> FIELDS =
      Set.of(
          "think",
          "text",
          "tool",
          "input",
          "tools",
          "error",
          "errorMid",
          "cut",
          "times",
          "slowMs",
          "ttftMs",
          "chunkMs",
          "gate",
          "hang",
          "stop",
          "usage",
          "chunk");

  record ToolUse(String name, ObjectNode input) {}

  record Failure(int status, String type, String message, Map<String, String> headers) {}

  record MidFailure(int after, String type, String message) {}

  /**
   * When the parts go out.
   *
   * @param gate every delta waits for a permit of this name
   */
  record Pace(long slowMs, long ttftMs, long chunkMs, Optional<String> gate) {
    static final Pace NONE = new Pace(0, 0, 0, Optional.empty());
  }

  /** What stands in place of the end of the message. */
  enum Hang {
    NO,
    SILENT,
    PING
  }

  /** A script that cannot be read. */
  static final class InvalidScriptException extends Exception {
    InvalidScriptException(String where, Object value, String expected) {
      super("SCN" + where + ": " + value + " (expected: " + expected + ")");
    }
  }

  static Step saying(String text, long chunkMs) {
    return plain(Optional.of(text), List.of(), chunkMs);
  }

  static Step calling(String text, ToolUse tool, long chunkMs) {
    return plain(Optional.of(text), List.of(tool), chunkMs);
  }

  private static Step plain(Optional<String> text, List<ToolUse> tools, long chunkMs) {
    return new Step(
        Optional.empty(),
        text,
        tools,
        Optional.empty(),
        Optional.empty(),
        OptionalInt.empty(),
        Integer.MAX_VALUE,
        new Pace(0, 0, chunkMs, Optional.empty()),
        Hang.NO,
        Optional.empty(),
        JsonNodeFactory.instance.objectNode(),
        CHUNK);
  }

  static List<Step> script(JsonNode array) throws InvalidScriptException {
    var steps = new ArrayList<Step>();
    for (var node : array) {
      steps.add(step("[" + steps.size() + "]", node));
    }
    return List.copyOf(steps);
  }

  private static Step step(String at, JsonNode node) throws InvalidScriptException {
    if (node.isTextual()) {
      return saying(node.textValue(), 0);
    }
    if (!(node instanceof ObjectNode step)) {
      throw new InvalidScriptException(at, node, "an object or a text");
    }
    for (var field : step.propertyStream().toList()) {
      if (!FIELDS.contains(field.getKey())) {
        throw new InvalidScriptException(
            at + "." + field.getKey(),
            "unknown",
            String.join(", ", FIELDS.stream().sorted().toList()));
      }
    }
    var error = error(at, step.path("error"));
    return new Step(
        text(at, step, "think"),
        text(at, step, "text"),
        tools(at, step),
        error,
        errorMid(at, step.path("errorMid")),
        step.has("cut")
            ? OptionalInt.of(number(at, step, "cut", 0, 0, 1_000_000))
            : OptionalInt.empty(),
        times(at, step),
        new Pace(
            number(at, step, "slowMs", 0, 0, MAX_WAIT_MS),
            number(at, step, "ttftMs", 0, 0, MAX_WAIT_MS),
            number(at, step, "chunkMs", 0, 0, MAX_WAIT_MS),
            text(at, step, "gate")),
        hang(at, step.path("hang")),
        text(at, step, "stop"),
        object(at, step, "usage"),
        number(at, step, "chunk", CHUNK, 1, 1_000_000));
  }

  private static int times(String at, ObjectNode step) throws InvalidScriptException {
    var holder =
        step.path("error") instanceof ObjectNode error && error.has("times") ? error : step;
    return number(at, holder, "times", Integer.MAX_VALUE, 0, Integer.MAX_VALUE);
  }

  private static List<ToolUse> tools(String at, ObjectNode step) throws InvalidScriptException {
    var tools = new ArrayList<ToolUse>();
    var name = text(at, step, "tool");
    if (name.isPresent()) {
      tools.add(new ToolUse(name.get(), object(at, step, "input")));
    }
    var several = step.path("tools");
    if (!several.isMissingNode() && !several.isArray()) {
      throw new InvalidScriptException(at + ".tools", several, "an array of {tool, input}");
    }
    for (var one : several) {
      var here = at + ".tools[" + tools.size() + "]";
      if (!(one instanceof ObjectNode use) || !use.path("tool").isTextual()) {
        throw new InvalidScriptException(here, one, "{tool, input}");
      }
      tools.add(new ToolUse(use.path("tool").textValue(), object(here, use, "input")));
    }
    return List.copyOf(tools);
  }

  private static Optional<Failure> error(String at, JsonNode error) throws InvalidScriptException {
    if (error.isMissingNode()) {
      return Optional.empty();
    }
    var status = error.isObject() ? error.path("status").asInt(0) : error.asInt(0);
    if (status < 400 || status > 599) {
      throw new InvalidScriptException(
          at + ".error", error, "a status from 400 to 599, or an object with one");
    }
    var headers = new LinkedHashMap<String, String>();
    error.path("headers").properties().forEach(h -> headers.put(h.getKey(), h.getValue().asText()));
    return Optional.of(
        new Failure(
            status,
            error.path("type").asText(Errors.type(status)),
            error.path("message").asText(Errors.message(status)),
            headers));
  }

  private static Optional<MidFailure> errorMid(String at, JsonNode error)
      throws InvalidScriptException {
    if (error.isMissingNode() || (error.isBoolean() && !error.booleanValue())) {
      return Optional.empty();
    }
    if (!error.isBoolean() && !error.isObject()) {
      throw new InvalidScriptException(at + ".errorMid", error, "true or {after, type, message}");
    }
    return Optional.of(
        new MidFailure(
            error.path("after").asInt(3),
            error.path("type").asText("overloaded_error"),
            error.path("message").asText("Overloaded")));
  }

  private static Hang hang(String at, JsonNode hang) throws InvalidScriptException {
    if (hang.isMissingNode() || (hang.isBoolean() && !hang.booleanValue())) {
      return Hang.NO;
    }
    if (hang.isBoolean()) {
      return Hang.SILENT;
    }
    if ("ping".equals(hang.textValue())) {
      return Hang.PING;
    }
    throw new InvalidScriptException(at + ".hang", hang, "true, false or \"ping\"");
  }

  private static Optional<String> text(String at, ObjectNode step, String field)
      throws InvalidScriptException {
    var value = step.path(field);
    if (value.isMissingNode()) {
      return Optional.empty();
    }
    if (!value.isTextual()) {
      throw new InvalidScriptException(at + "." + field, value, "a text");
    }
    return Optional.of(value.textValue());
  }

  private static ObjectNode object(String at, ObjectNode step, String field)
      throws InvalidScriptException {
    var value = step.path(field);
    if (value.isMissingNode()) {
      return JsonNodeFactory.instance.objectNode();
    }
    if (value instanceof ObjectNode object) {
      return object;
    }
    throw new InvalidScriptException(at + "." + field, value, "an object");
  }

  private static int number(
      String at, ObjectNode step, String field, int otherwise, int min, int max)
      throws InvalidScriptException {
    var value = step.path(field);
    if (value.isMissingNode()) {
      return otherwise;
    }
    if (!value.isInt() || value.intValue() < min || value.intValue() > max) {
      throw new InvalidScriptException(
          at + "." + field, value, "a number from " + min + " to " + max);
    }
    return value.intValue();
  }
}
