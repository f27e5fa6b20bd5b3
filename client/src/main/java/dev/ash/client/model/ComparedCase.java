package dev.ash.client.model;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Optional;

/** What two runs gave for one case. */
public record ComparedCase(
    String caseId, String question, Optional<EvalResult> resultA, Optional<EvalResult> resultB) {
  public static ComparedCase of(JsonNode answer) {
    var fields = new Fields(answer);
    return new ComparedCase(
        fields.text("caseId"),
        fields.text("question"),
        fields.objectIf("resultA", EvalResult::of),
        fields.objectIf("resultB", EvalResult::of));
  }
}
