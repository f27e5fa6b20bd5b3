package dev.ash.client.model;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;

/** Asks for a case. */
public final class NewEvalCase {
  private final Draft draft;

  private NewEvalCase(Draft draft) {
    this.draft = draft;
  }

  public static NewEvalCase of(String question) {
    return new NewEvalCase(Draft.EMPTY.with("question", question));
  }

  /** Words the answer must contain. */
  public NewEvalCase expectedTopics(List<String> expectedTopics) {
    return new NewEvalCase(draft.with("expectedTopics", expectedTopics));
  }

  /** Words it must not contain. */
  public NewEvalCase expectedNotTopics(List<String> expectedNotTopics) {
    return new NewEvalCase(draft.with("expectedNotTopics", expectedNotTopics));
  }

  /** A good answer. */
  public NewEvalCase referenceAnswer(String referenceAnswer) {
    return new NewEvalCase(draft.with("referenceAnswer", referenceAnswer));
  }

  /** For choosing cases. */
  public NewEvalCase category(String category) {
    return new NewEvalCase(draft.with("category", category));
  }

  /** For choosing cases. */
  public NewEvalCase tags(List<String> tags) {
    return new NewEvalCase(draft.with("tags", tags));
  }

  /** Whether runs take it; true when absent. */
  public NewEvalCase active(boolean active) {
    return new NewEvalCase(draft.with("isActive", active));
  }

  /** The body of the request. */
  public JsonNode json() {
    return draft.json();
  }
}
