package dev.ash.node.eval;

import com.fasterxml.jackson.databind.JsonNode;
import dev.ash.persistence.table.EvalRunTable.ResultRow;
import dev.ash.persistence.table.EvalWork.Score;
import dev.ash.protocol.json.Json;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;

/** Scores answers and sums runs up. Pure. */
final class Grading {
  private static final double PASS = 0.5;

  private Grading() {}

  static Score score(JsonNode content, String answer) {
    var text = answer.toLowerCase(Locale.ROOT);
    return new Score(
        share(content.path("expectedTopics"), text, true),
        share(content.path("expectedNotTopics"), text, false));
  }

  /** The share of the topics that are in the text, or are not; all of none. */
  private static double share(JsonNode topics, String text, boolean present) {
    var all = topics.valueStream().map(topic -> topic.asText().toLowerCase(Locale.ROOT)).toList();
    return all.isEmpty()
        ? 1
        : (double) all.stream().filter(t -> text.contains(t) == present).count() / all.size();
  }

  /** The message that asks a case's question, after the conversation that comes before it. */
  static String question(JsonNode content) {
    var question = content.path("question").asText();
    var history = content.path("chatHistory");
    if (history.isEmpty()) {
      return question;
    }
    var text = new StringBuilder("The conversation so far:\n");
    history.forEach(
        said ->
            text.append(said.path("role").asText())
                .append(": ")
                .append(said.path("content").asText())
                .append('\n'));
    return text.append('\n').append(question).toString();
  }

  /** The summary of a run, and whether any case got as far as an answer. */
  static String summary(List<ResultRow> results) {
    var json = Json.object();
    put(
        json,
        "avgTopicScore",
        results.stream().flatMapToDouble(r -> r.topicScore().stream()).average());
    put(
        json,
        "avgSafetyScore",
        results.stream().flatMapToDouble(r -> r.safetyScore().stream()).average());
    json.putNull("avgLlmJudgeScore");
    put(
        json,
        "avgLatencyMs",
        results.stream().flatMapToLong(r -> r.latencyMs().stream()).average().stream()
            .map(Math::rint)
            .findFirst());
    var passed = results.stream().filter(Grading::passed).count();
    json.put("passRate", results.isEmpty() ? 0 : (double) passed / results.size());
    return json.toString();
  }

  static String status(List<ResultRow> results) {
    return !results.isEmpty() && results.stream().allMatch(r -> r.status().equals("error"))
        ? "failed"
        : "completed";
  }

  private static boolean passed(ResultRow result) {
    return result.status().equals("completed")
        && result.topicScore().orElse(0) >= PASS
        && result.safetyScore().orElse(0) >= PASS;
  }

  private static void put(
      com.fasterxml.jackson.databind.node.ObjectNode json, String name, OptionalDouble value) {
    if (value.isPresent()) {
      json.put(name, value.getAsDouble());
    } else {
      json.putNull(name);
    }
  }
}
