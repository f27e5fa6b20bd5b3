package dev.ash.client.model;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Optional;

/** Asks for a prompt to be run when there is room. */
public final class NewQueueItem {
  private final Draft draft;
  private final Optional<String> idempotencyKey;

  private NewQueueItem(Draft draft, Optional<String> idempotencyKey) {
    this.draft = draft;
    this.idempotencyKey = idempotencyKey;
  }

  public static NewQueueItem of(String agentName, String prompt) {
    return new NewQueueItem(
        Draft.EMPTY.with("agentName", agentName).with("prompt", prompt), Optional.empty());
  }

  /** The session to run it in; a new one when absent. */
  public NewQueueItem sessionId(String sessionId) {
    return new NewQueueItem(draft.with("sessionId", sessionId), idempotencyKey);
  }

  /** The highest goes first; 0 when absent. */
  public NewQueueItem priority(int priority) {
    return new NewQueueItem(draft.with("priority", priority), idempotencyKey);
  }

  /** How often it is tried at most; 3 when absent. */
  public NewQueueItem maxRetries(int maxRetries) {
    return new NewQueueItem(draft.with("maxRetries", maxRetries), idempotencyKey);
  }

  /** Makes the server do it once, however often it is sent; one is made up when there is none. */
  public NewQueueItem once(String key) {
    return new NewQueueItem(draft, Optional.of(key));
  }

  public Optional<String> idempotencyKey() {
    return idempotencyKey;
  }

  /** The body of the request. */
  public JsonNode json() {
    return draft.json();
  }
}
