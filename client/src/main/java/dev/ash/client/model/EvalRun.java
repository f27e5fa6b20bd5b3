package dev.ash.client.model;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * One pass over an agent's cases.
 *
 * @param status a word: pending, running, completed or failed
 * @param summary when the run is over
 */
public record EvalRun(
    String id,
    String agentName,
    OptionalInt versionNumber,
    String status,
    int totalCases,
    int completedCases,
    Optional<EvalSummary> summary,
    Instant createdAt,
    Optional<Instant> startedAt,
    Optional<Instant> completedAt) {
  public static EvalRun of(JsonNode answer) {
    var fields = new Fields(answer);
    return new EvalRun(
        fields.text("id"),
        fields.text("agentName"),
        fields.numberIf("versionNumber"),
        fields.text("status"),
        fields.number("totalCases"),
        fields.number("completedCases"),
        fields.objectIf("summary", EvalSummary::of),
        fields.time("createdAt"),
        fields.timeIf("startedAt"),
        fields.timeIf("completedAt"));
  }
}
