package dev.ash.bridge;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A user message for the mock.
 *
 * @param text what was asked, or the words that stand for content that is no text
 * @param turn of the session, from 1
 * @param history texts of the prompts so far, this one last
 */
record MockPrompt(String text, int turn, List<String> history, boolean partials) {
  private static final String NO_TEXT = "[multimodal content]";
  private static final String SCRIPT = "MOCK:";

  /**
   * What a prompt that starts with {@code MOCK:} wants to happen.
   *
   * @param await nothing is said before this file of the workspace is there
   */
  record Script(
      int chunks,
      int chunkDelayMs,
      String text,
      int messages,
      Optional<FileToWrite> write,
      Optional<String> await,
      Optional<Integer> exit,
      boolean hang,
      int spew) {}

  /** A file the script leaves in the workspace. */
  record FileToWrite(String path, String text) {}

  static MockPrompt of(Map<?, ?> line) {
    var text = text(MockJson.member(line, "message").get("content"));
    var history = new ArrayList<String>();
    if (line.get("history") instanceof List<?> earlier) {
      earlier.forEach(prompt -> history.add(text(prompt)));
    }
    if (history.isEmpty() || !history.getLast().equals(text)) {
      history.add(text);
    }
    return new MockPrompt(
        text,
        MockJson.number(line, "turn", 1),
        history,
        MockJson.flag(line, "includePartialMessages"));
  }

  /** A line too long to be kept; only content that is no text can be. */
  static MockPrompt tooLong(int turn) {
    return new MockPrompt(NO_TEXT, turn, List.of(NO_TEXT), false);
  }

  private static String text(@Nullable Object content) {
    return content instanceof String text ? text : NO_TEXT;
  }

  Optional<Script> script() {
    if (!text.startsWith(SCRIPT)) {
      return Optional.empty();
    }
    var wish = MockJson.object(text.substring(SCRIPT.length()));
    var write = MockJson.member(wish, "write");
    return Optional.of(
        new Script(
            MockJson.number(wish, "chunks", 0),
            MockJson.number(wish, "chunkDelayMs", 0),
            MockJson.text(wish, "text"),
            MockJson.number(wish, "messages", 1),
            write.isEmpty()
                ? Optional.empty()
                : Optional.of(
                    new FileToWrite(MockJson.text(write, "path"), MockJson.text(write, "text"))),
            Optional.of(MockJson.text(wish, "await")).filter(path -> !path.isEmpty()),
            wish.get("exit") instanceof Long
                ? Optional.of(MockJson.number(wish, "exit", 0))
                : Optional.empty(),
            MockJson.flag(wish, "hang"),
            MockJson.number(wish, "spew", 0)));
  }
}
