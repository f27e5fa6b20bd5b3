package dev.ash.client.model;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;

/** Asks for a run of an agent's active cases. */
public final class NewEvalRun {
  private final Draft draft;

  private NewEvalRun(Draft draft) {
    this.draft = draft;
  }

  public static NewEvalRun of() {
    return new NewEvalRun(Draft.EMPTY);
  }

  /** The version of the agent; the active one when absent. */
  public NewEvalRun versionNumber(int versionNumber) {
    return new NewEvalRun(draft.with("versionNumber", versionNumber));
  }

  /** Only cases of these categories. */
  public NewEvalRun categories(List<String> categories) {
    return new NewEvalRun(draft.with("categories", categories));
  }

  /** Only cases with one of these tags. */
  public NewEvalRun tags(List<String> tags) {
    return new NewEvalRun(draft.with("tags", tags));
  }

  /** The body of the request. */
  public JsonNode json() {
    return draft.json();
  }
}
