package dev.ash.client.model;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import java.util.Optional;

/**
 * A key, without what makes it one.
 *
 * @param createdAt absent for the key of the environment
 */
public record ApiKey(String id, String label, String keyPrefix, Optional<Instant> createdAt) {
  public static ApiKey of(JsonNode answer) {
    var fields = new Fields(answer);
    return new ApiKey(
        fields.text("id"),
        fields.text("label"),
        fields.text("keyPrefix"),
        fields.timeIf("createdAt"));
  }
}
