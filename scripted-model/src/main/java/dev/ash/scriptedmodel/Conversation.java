package dev.ash.scriptedmodel;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.ash.scriptedmodel.Step.InvalidScriptException;
import java.io.IOException;
import java.io.StringReader;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * What a request says about the conversation so far.
 *
 * @param script of the newest user message that has one
 * @param prompt the newest thing the user said; empty when nobody said anything
 * @param said what the user said before that, oldest first
 * @param folder the folder the agent works in
 */
record Conversation(
    Optional<Script> script,
    String prompt,
    int callsSincePrompt,
    List<String> said,
    Optional<String> failedTool,
    Optional<String> folder,
    boolean canWrite) {

  private static final String MARK = "SCN:";
  private static final Pattern FOLDER =
      Pattern.compile("(?:Primary w|W)orking directory: (/[^\\n]*)");
  private static final ObjectMapper JSON = new ObjectMapper();

  /**
   * A script and how far the conversation has come in it.
   *
   * @param calls model calls since the message that holds the script
   */
  record Script(List<Step> steps, int calls) {}

  static Conversation of(JsonNode request) throws InvalidScriptException {
    var said = new ArrayList<String>();
    var prompt = "";
    var callsSincePrompt = 0;
    var failedTool = Optional.<String>empty();
    var steps = Optional.<List<Step>>empty();
    var callsSinceScript = 0;
    var previous = "";
    for (var message : request.path("messages")) {
      var role = message.path("role").asText();
      if (role.equals("assistant")) {
        // Some clients send each content block of one answer as a message of its own.
        if (!previous.equals("assistant")) {
          callsSincePrompt++;
          callsSinceScript++;
        }
        failedTool = Optional.empty();
      } else if (role.equals("user")) {
        var texts = texts(message.path("content"));
        if (!texts.isEmpty()) {
          if (!prompt.isEmpty()) {
            said.add(prompt);
          }
          said.addAll(texts.subList(0, texts.size() - 1));
          prompt = texts.getLast();
          callsSincePrompt = 0;
        }
        for (var text : texts.reversed()) {
          var found = script(text);
          if (found.isPresent()) {
            steps = found;
            callsSinceScript = 0;
            break;
          }
        }
        failedTool = failedTool(message.path("content"));
      }
      previous = role.equals("system") ? previous : role;
    }
    var calls = callsSinceScript;
    return new Conversation(
        steps.map(s -> new Script(s, calls)),
        prompt,
        callsSincePrompt,
        List.copyOf(said),
        failedTool,
        folder(request),
        canWrite(request));
  }

  private static List<String> texts(JsonNode content) {
    var texts = new ArrayList<String>();
    if (content.isTextual()) {
      texts.add(content.textValue());
    }
    for (var block : content) {
      if (block.path("type").asText().equals("text")) {
        texts.add(block.path("text").asText());
      }
    }
    // What the agent program adds by itself is not something the user said.
    texts.removeIf(text -> text.isBlank() || text.startsWith("<system-reminder>"));
    return texts;
  }

  private static Optional<List<Step>> script(String text) throws InvalidScriptException {
    var mark = text.indexOf(MARK);
    if (mark < 0) {
      return Optional.empty();
    }
    var rest = text.substring(mark + MARK.length()).stripLeading();
    if (!rest.startsWith("[")) {
      return Optional.empty();
    }
    try (var parser = JSON.createParser(new StringReader(rest))) {
      JsonNode array = JSON.readTree(parser);
      return Optional.of(Step.script(array));
    } catch (JsonProcessingException e) {
      throw new InvalidScriptException("", e.getOriginalMessage(), "a JSON array of steps");
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static Optional<String> failedTool(JsonNode content) {
    for (var block : content) {
      if (block.path("is_error").asBoolean()) {
        var result = block.path("content");
        return Optional.of(result.isTextual() ? result.textValue() : result.toString());
      }
    }
    return Optional.empty();
  }

  private static Optional<String> folder(JsonNode request) {
    var matcher = FOLDER.matcher("");
    for (var message : request.path("messages")) {
      if (message.path("role").asText().equals("system")) {
        for (var text : allTexts(message.path("content"))) {
          if (matcher.reset(text).find()) {
            return Optional.of(matcher.group(1).strip());
          }
        }
      }
    }
    for (var text : allTexts(request.path("system"))) {
      if (matcher.reset(text).find()) {
        return Optional.of(matcher.group(1).strip());
      }
    }
    return Optional.empty();
  }

  private static List<String> allTexts(JsonNode content) {
    var texts = new ArrayList<String>();
    if (content.isTextual()) {
      texts.add(content.textValue());
    }
    content.forEach(block -> texts.add(block.path("text").asText()));
    return texts;
  }

  private static boolean canWrite(JsonNode request) {
    for (var tool : request.path("tools")) {
      if (tool.path("name").asText().equals("Write")) {
        return true;
      }
    }
    return false;
  }
}
