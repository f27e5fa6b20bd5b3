package dev.ash.client.model;

import com.fasterxml.jackson.databind.JsonNode;

/** A key that was just made. It is shown this once. */
public record NewApiKey(String id, String key) {
  public static NewApiKey of(JsonNode answer) {
    var fields = new Fields(answer);
    return new NewApiKey(fields.text("id"), fields.text("key"));
  }

  /** Without the key: a log is not the place for it. */
  @Override
  public String toString() {
    return "NewApiKey[id=" + id + "]";
  }
}
