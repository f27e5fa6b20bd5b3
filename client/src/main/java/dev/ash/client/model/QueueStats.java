package dev.ash.client.model;

import com.fasterxml.jackson.databind.JsonNode;

/** How many items are in which state. */
public record QueueStats(
    long pending, long processing, long completed, long failed, long cancelled) {
  public static QueueStats of(JsonNode answer) {
    var fields = new Fields(answer);
    return new QueueStats(
        fields.count("pending"),
        fields.count("processing"),
        fields.count("completed"),
        fields.count("failed"),
        fields.count("cancelled"));
  }
}
