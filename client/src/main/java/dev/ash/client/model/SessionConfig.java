package dev.ash.client.model;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;

/** Changes what a session's next turns run with; what is not named stays. */
public final class SessionConfig {
  private final Draft draft;

  private SessionConfig(Draft draft) {
    this.draft = draft;
  }

  public static SessionConfig of() {
    return new SessionConfig(Draft.EMPTY);
  }

  /** The model. */
  public SessionConfig model(String model) {
    return new SessionConfig(draft.with("model", model));
  }

  /** Tools the agent may use without asking. */
  public SessionConfig allowedTools(List<String> allowedTools) {
    return new SessionConfig(draft.with("allowedTools", allowedTools));
  }

  /** Tools it may not use. */
  public SessionConfig disallowedTools(List<String> disallowedTools) {
    return new SessionConfig(draft.with("disallowedTools", disallowedTools));
  }

  /** Beta features of the model API. */
  public SessionConfig betas(List<String> betas) {
    return new SessionConfig(draft.with("betas", betas));
  }

  /** Subagents by name, as the agent's SDK takes them. */
  public SessionConfig subagents(JsonNode subagents) {
    return new SessionConfig(draft.with("subagents", subagents));
  }

  /** Which subagent speaks. */
  public SessionConfig initialAgent(String initialAgent) {
    return new SessionConfig(draft.with("initialAgent", initialAgent));
  }

  /** The body of the request. */
  public JsonNode json() {
    return draft.json();
  }
}
