package dev.ash.client.model;

import com.fasterxml.jackson.databind.JsonNode;

/** The sandboxes of a server by state. */
public record Pool(
    long total, long cold, long warming, long warm, long waiting, long running, long maxCapacity) {
  public static Pool of(JsonNode answer) {
    var fields = new Fields(answer);
    return new Pool(
        fields.count("total"),
        fields.count("cold"),
        fields.count("warming"),
        fields.count("warm"),
        fields.count("waiting"),
        fields.count("running"),
        fields.count("maxCapacity"));
  }
}
