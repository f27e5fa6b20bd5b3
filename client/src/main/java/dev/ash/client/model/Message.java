package dev.ash.client.model;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Optional;

/** A message to a session. */
public final class Message {
  private final Draft draft;
  private final Optional<String> idempotencyKey;

  private Message(Draft draft, Optional<String> idempotencyKey) {
    this.draft = draft;
    this.idempotencyKey = idempotencyKey;
  }

  public static Message of(String text) {
    return new Message(Draft.EMPTY.with("content", text), Optional.empty());
  }

  /** Whether text comes while it is written, as deltas. */
  public Message includePartialMessages(boolean includePartialMessages) {
    return new Message(
        draft.with("includePartialMessages", includePartialMessages), idempotencyKey);
  }

  /** The model of this turn. */
  public Message model(String model) {
    return new Message(draft.with("model", model), idempotencyKey);
  }

  /** How often the agent may call the model; 1 or more. */
  public Message maxTurns(int maxTurns) {
    return new Message(draft.with("maxTurns", maxTurns), idempotencyKey);
  }

  /** What the turn may cost, in US dollars. */
  public Message maxBudgetUsd(double maxBudgetUsd) {
    return new Message(draft.with("maxBudgetUsd", maxBudgetUsd), idempotencyKey);
  }

  /** {@code low}, {@code medium}, {@code high} or {@code max}. */
  public Message effort(String effort) {
    return new Message(draft.with("effort", effort), idempotencyKey);
  }

  /** {@code {type, budgetTokens?}}. */
  public Message thinking(JsonNode thinking) {
    return new Message(draft.with("thinking", thinking), idempotencyKey);
  }

  /** {@code {type, schema}}. */
  public Message outputFormat(JsonNode outputFormat) {
    return new Message(draft.with("outputFormat", outputFormat), idempotencyKey);
  }

  /** While another turn runs: {@code queue}, {@code reject} or {@code interrupt}. */
  public Message whenBusy(String whenBusy) {
    return new Message(draft.with("whenBusy", whenBusy), idempotencyKey);
  }

  /** Makes the server do it once, however often it is sent; one is made up when there is none. */
  public Message once(String key) {
    return new Message(draft, Optional.of(key));
  }

  public Optional<String> idempotencyKey() {
    return idempotencyKey;
  }

  /** Two to twenty blocks: text, images and documents, as the model API takes them. */
  public static Message ofBlocks(List<JsonNode> blocks) {
    return new Message(Draft.EMPTY.with("content", blocks), Optional.empty());
  }

  /** The body of the request. */
  public JsonNode json() {
    return draft.json();
  }
}
