package dev.ash.client.model;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Optional;

/** How a server is. */
public record Health(
    String status,
    long activeSessions,
    long activeSandboxes,
    long uptimeSeconds,
    Optional<String> version,
    Pool pool) {
  public static Health of(JsonNode answer) {
    var fields = new Fields(answer);
    return new Health(
        fields.text("status"),
        fields.count("activeSessions"),
        fields.count("activeSandboxes"),
        fields.count("uptime"),
        fields.textIf("version"),
        Pool.of(answer.path("pool")));
  }
}
