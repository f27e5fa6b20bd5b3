package dev.ash.client.model;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;

/** Changes an agent; what is not named stays. */
public final class AgentChange {
  private final Draft draft;

  private AgentChange(Draft draft) {
    this.draft = draft;
  }

  public static AgentChange of() {
    return new AgentChange(Draft.EMPTY);
  }

  /** Its variables, instead of all it had. */
  public AgentChange env(Map<String, String> env) {
    return new AgentChange(draft.with("env", env));
  }

  /** Merged into its configuration, first level only. */
  public AgentChange config(JsonNode config) {
    return new AgentChange(draft.with("config", config));
  }

  /** The body of the request. */
  public JsonNode json() {
    return draft.json();
  }
}
