package dev.ash.client.model;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;

/** Two runs side by side. */
public record EvalComparison(EvalRun runA, EvalRun runB, List<ComparedCase> results) {
  public static EvalComparison of(JsonNode answer) {
    var fields = new Fields(answer);
    return new EvalComparison(
        EvalRun.of(answer.path("runA")),
        EvalRun.of(answer.path("runB")),
        fields.list("results", ComparedCase::of));
  }
}
