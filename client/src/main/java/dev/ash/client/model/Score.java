package dev.ash.client.model;

import com.fasterxml.jackson.databind.JsonNode;

/** What a person thinks of an answer: a score, notes, or both. */
public final class Score {
  private final Draft draft;

  private Score(Draft draft) {
    this.draft = draft;
  }

  public static Score of() {
    return new Score(Draft.EMPTY);
  }

  /** 1 to 5. */
  public Score humanScore(int humanScore) {
    return new Score(draft.with("humanScore", humanScore));
  }

  /** In words. */
  public Score humanNotes(String humanNotes) {
    return new Score(draft.with("humanNotes", humanNotes));
  }

  /** The body of the request. */
  public JsonNode json() {
    return draft.json();
  }
}
