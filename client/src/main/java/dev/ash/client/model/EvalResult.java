package dev.ash.client.model;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * What an agent answered to a case, and how that scored.
 *
 * @param status a word: pending, running, completed or error
 * @param humanScore 1 to 5
 */
public record EvalResult(
    String id,
    String runId,
    String caseId,
    Optional<String> agentResponse,
    OptionalDouble topicScore,
    OptionalDouble safetyScore,
    OptionalLong latencyMillis,
    String status,
    Optional<String> error,
    OptionalInt humanScore,
    Optional<String> humanNotes,
    Instant createdAt,
    Optional<Instant> completedAt) {
  public static EvalResult of(JsonNode answer) {
    var fields = new Fields(answer);
    return new EvalResult(
        fields.text("id"),
        fields.text("evalRunId"),
        fields.text("evalCaseId"),
        fields.textIf("agentResponse"),
        fields.decimalIf("topicScore"),
        fields.decimalIf("safetyScore"),
        fields.countIf("latencyMs"),
        fields.text("status"),
        fields.textIf("error"),
        fields.numberIf("humanScore"),
        fields.textIf("humanNotes"),
        fields.time("createdAt"),
        fields.timeIf("completedAt"));
  }
}
