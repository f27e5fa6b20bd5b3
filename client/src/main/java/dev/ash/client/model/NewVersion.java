package dev.ash.client.model;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;

/** Asks for a version of an agent. */
public final class NewVersion {
  private final Draft draft;

  private NewVersion(Draft draft) {
    this.draft = draft;
  }

  public static NewVersion of() {
    return new NewVersion(Draft.EMPTY);
  }

  /** For example {@code v3}. */
  public NewVersion name(String name) {
    return new NewVersion(draft.with("name", name));
  }

  /** The instructions. */
  public NewVersion systemPrompt(String systemPrompt) {
    return new NewVersion(draft.with("systemPrompt", systemPrompt));
  }

  /** What is new. */
  public NewVersion releaseNotes(String releaseNotes) {
    return new NewVersion(draft.with("releaseNotes", releaseNotes));
  }

  /** Names of files it relies on. */
  public NewVersion knowledgeFiles(List<String> knowledgeFiles) {
    return new NewVersion(draft.with("knowledgeFiles", knowledgeFiles));
  }

  /** The number or id of the version to start from. */
  public NewVersion cloneFrom(String cloneFrom) {
    return new NewVersion(draft.with("cloneFrom", cloneFrom));
  }

  /** The body of the request. */
  public JsonNode json() {
    return draft.json();
  }
}
