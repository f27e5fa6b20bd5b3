package dev.ash.scriptedmodel;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.util.regex.Pattern;

/** Decides how a call is answered: by the script, from memory, or with the friendly default. */
final class Answers {
  private static final Pattern RECALL = Pattern.compile("\\bRECALL\\b|(?i:what did i say before)");
  private static final Pattern WRITE =
      Pattern.compile(
          "(?i)\\b(?:write|create|make|save|put)\\b.*?"
              + "(?<![\\w./-])([\\w-][\\w./-]*\\.[a-z0-9]{1,8})(?![\\w/])",
          Pattern.DOTALL);
  private static final String GREETING = "Hello from Ash! This file was written by an agent.\n";
  private static final int FIRST_WORDS = 12;

  private final long paceMs;

  /**
   * @param paceMs between the chunks of an answer that no script asked for
   */
  Answers(long paceMs) {
    this.paceMs = paceMs;
  }

  Step answer(Conversation conversation) {
    var script = conversation.script();
    if (script.isPresent() && script.get().calls() < script.get().steps().size()) {
      return script.get().steps().get(script.get().calls());
    }
    var prompt = conversation.prompt();
    if (RECALL.matcher(prompt).find()) {
      return say(recall(conversation));
    }
    if (script.isPresent() && script.get().calls() == conversation.callsSincePrompt()) {
      return say("The script has no more steps.");
    }
    var write = WRITE.matcher(prompt);
    return conversation.canWrite() && write.find()
        ? write(conversation, write.group(1))
        : say(
            "I am the scripted model: no real model is connected, so I can only repeat after you. "
                + "You wrote: \""
                + firstWords(prompt)
                + "\"");
  }

  private Step write(Conversation conversation, String file) {
    if (conversation.callsSincePrompt() > 0) {
      return say(
          conversation
              .failedTool()
              .map(why -> "I could not write " + file + ": " + why)
              .orElse(
                  "I wrote a short greeting to "
                      + file
                      + ". It says: \""
                      + GREETING.strip()
                      + "\" I am the scripted model, so this is all I can do; connect a real model"
                      + " and ask me again."));
    }
    var folder = conversation.folder().orElse("/workspace");
    var input =
        JsonNodeFactory.instance
            .objectNode()
            .put("file_path", folder.replaceAll("/+$", "") + "/" + file)
            .put("content", GREETING);
    return Step.calling("I will write " + file + ".", new Step.ToolUse("Write", input), paceMs);
  }

  private static String recall(Conversation conversation) {
    var said = conversation.said();
    return said.isEmpty()
        ? "You said nothing before."
        : "You said before:\n- " + String.join("\n- ", said);
  }

  private Step say(String text) {
    return Step.saying(text, paceMs);
  }

  private static String firstWords(String prompt) {
    var words = prompt.strip().split("\\s+", FIRST_WORDS + 1);
    return words.length <= FIRST_WORDS
        ? String.join(" ", words)
        : String.join(" ", java.util.Arrays.copyOf(words, FIRST_WORDS)) + " ...";
  }
}
