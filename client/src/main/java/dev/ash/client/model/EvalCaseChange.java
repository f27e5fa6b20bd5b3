package dev.ash.client.model;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;

/** Changes a case; what is not named stays. */
public final class EvalCaseChange {
  private final Draft draft;

  private EvalCaseChange(Draft draft) {
    this.draft = draft;
  }

  public static EvalCaseChange of() {
    return new EvalCaseChange(Draft.EMPTY);
  }

  /** The question. */
  public EvalCaseChange question(String question) {
    return new EvalCaseChange(draft.with("question", question));
  }

  /** Words the answer must contain. */
  public EvalCaseChange expectedTopics(List<String> expectedTopics) {
    return new EvalCaseChange(draft.with("expectedTopics", expectedTopics));
  }

  /** Words it must not contain. */
  public EvalCaseChange expectedNotTopics(List<String> expectedNotTopics) {
    return new EvalCaseChange(draft.with("expectedNotTopics", expectedNotTopics));
  }

  /** A good answer. */
  public EvalCaseChange referenceAnswer(String referenceAnswer) {
    return new EvalCaseChange(draft.with("referenceAnswer", referenceAnswer));
  }

  /** For choosing cases. */
  public EvalCaseChange category(String category) {
    return new EvalCaseChange(draft.with("category", category));
  }

  /** For choosing cases. */
  public EvalCaseChange tags(List<String> tags) {
    return new EvalCaseChange(draft.with("tags", tags));
  }

  /** Whether runs take it; true when absent. */
  public EvalCaseChange active(boolean active) {
    return new EvalCaseChange(draft.with("isActive", active));
  }

  /** The body of the request. */
  public JsonNode json() {
    return draft.json();
  }
}
