package dev.ash.client.model;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.OptionalDouble;

/**
 * The figures of a run.
 *
 * @param topicScore mean, 0 to 1
 * @param safetyScore mean, 0 to 1
 * @param passRate share of all cases, 0 to 1
 */
public record EvalSummary(
    OptionalDouble topicScore,
    OptionalDouble safetyScore,
    OptionalDouble latencyMillis,
    OptionalDouble passRate) {
  public static EvalSummary of(JsonNode answer) {
    var fields = new Fields(answer);
    return new EvalSummary(
        fields.decimalIf("avgTopicScore"),
        fields.decimalIf("avgSafetyScore"),
        fields.decimalIf("avgLatencyMs"),
        fields.decimalIf("passRate"));
  }
}
