package dev.ash.client.model;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Optional;

/**
 * A line that a sandbox printed.
 *
 * @param index a cursor
 */
public record LogLine(long index, String level, String text, Optional<String> at) {
  public static LogLine of(JsonNode answer) {
    var fields = new Fields(answer);
    return new LogLine(
        fields.count("index"), fields.text("level"), fields.text("text"), fields.textIf("ts"));
  }
}
