package dev.ash.client.model;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** A question with what its answer is measured by. */
public record EvalCase(
    String id,
    String agentName,
    String question,
    List<String> expectedTopics,
    List<String> expectedNotTopics,
    Optional<String> referenceAnswer,
    Optional<String> category,
    List<String> tags,
    boolean isActive,
    Instant createdAt,
    Instant updatedAt) {
  public static EvalCase of(JsonNode answer) {
    var fields = new Fields(answer);
    return new EvalCase(
        fields.text("id"),
        fields.text("agentName"),
        fields.text("question"),
        fields.texts("expectedTopics"),
        fields.texts("expectedNotTopics"),
        fields.textIf("referenceAnswer"),
        fields.textIf("category"),
        fields.texts("tags"),
        fields.flag("isActive"),
        fields.time("createdAt"),
        fields.time("updatedAt"));
  }
}
