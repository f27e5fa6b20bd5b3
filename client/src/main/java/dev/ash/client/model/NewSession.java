package dev.ash.client.model;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Asks for a session. */
public final class NewSession {
  private final Draft draft;
  private final Optional<String> idempotencyKey;

  private NewSession(Draft draft, Optional<String> idempotencyKey) {
    this.draft = draft;
    this.idempotencyKey = idempotencyKey;
  }

  public static NewSession of(String agent) {
    return new NewSession(Draft.EMPTY.with("agent", agent), Optional.empty());
  }

  /** The model of all its turns. */
  public NewSession model(String model) {
    return new NewSession(draft.with("model", model), idempotencyKey);
  }

  /** Instructions instead of the agent's own. */
  public NewSession systemPrompt(String systemPrompt) {
    return new NewSession(draft.with("systemPrompt", systemPrompt), idempotencyKey);
  }

  /** Variables of this session; they win over the agent's. */
  public NewSession extraEnv(Map<String, String> extraEnv) {
    return new NewSession(draft.with("extraEnv", extraEnv), idempotencyKey);
  }

  /** The stored credential it works with. */
  public NewSession credentialId(String credentialId) {
    return new NewSession(draft.with("credentialId", credentialId), idempotencyKey);
  }

  /** {@code bypassPermissions}, {@code permissionsByAgent} or {@code default}. */
  public NewSession permissionMode(String permissionMode) {
    return new NewSession(draft.with("permissionMode", permissionMode), idempotencyKey);
  }

  /** MCP servers by name, each {@code {url?, command?, args?, env?}}. */
  public NewSession mcpServers(JsonNode mcpServers) {
    return new NewSession(draft.with("mcpServers", mcpServers), idempotencyKey);
  }

  /** Tools the agent may use without asking. */
  public NewSession allowedTools(List<String> allowedTools) {
    return new NewSession(draft.with("allowedTools", allowedTools), idempotencyKey);
  }

  /** Tools it may not use. */
  public NewSession disallowedTools(List<String> disallowedTools) {
    return new NewSession(draft.with("disallowedTools", disallowedTools), idempotencyKey);
  }

  /** Beta features of the model API. */
  public NewSession betas(List<String> betas) {
    return new NewSession(draft.with("betas", betas), idempotencyKey);
  }

  /** Subagents by name, as the agent's SDK takes them. */
  public NewSession subagents(JsonNode subagents) {
    return new NewSession(draft.with("subagents", subagents), idempotencyKey);
  }

  /** Which subagent speaks. */
  public NewSession initialAgent(String initialAgent) {
    return new NewSession(draft.with("initialAgent", initialAgent), idempotencyKey);
  }

  /** Makes the server do it once, however often it is sent; one is made up when there is none. */
  public NewSession once(String key) {
    return new NewSession(draft, Optional.of(key));
  }

  public Optional<String> idempotencyKey() {
    return idempotencyKey;
  }

  /** The body of the request. */
  public JsonNode json() {
    return draft.json();
  }
}
