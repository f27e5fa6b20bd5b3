package dev.ash.client.model;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;

/** Changes a version; what is not named stays. */
public final class VersionChange {
  private final Draft draft;

  private VersionChange(Draft draft) {
    this.draft = draft;
  }

  public static VersionChange of() {
    return new VersionChange(Draft.EMPTY);
  }

  /** For example {@code v3}. */
  public VersionChange name(String name) {
    return new VersionChange(draft.with("name", name));
  }

  /** The instructions. */
  public VersionChange systemPrompt(String systemPrompt) {
    return new VersionChange(draft.with("systemPrompt", systemPrompt));
  }

  /** What is new. */
  public VersionChange releaseNotes(String releaseNotes) {
    return new VersionChange(draft.with("releaseNotes", releaseNotes));
  }

  /** Names of files it relies on. */
  public VersionChange knowledgeFiles(List<String> knowledgeFiles) {
    return new VersionChange(draft.with("knowledgeFiles", knowledgeFiles));
  }

  /** The body of the request. */
  public JsonNode json() {
    return draft.json();
  }
}
