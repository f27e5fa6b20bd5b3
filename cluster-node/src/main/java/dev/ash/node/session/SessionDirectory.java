package dev.ash.node.session;

import dev.ash.protocol.id.SessionId;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/** The list of sessions as the database keeps it; written by each session's entity. */
interface SessionDirectory {

  /**
   * Stores the session's row; one with a higher sequence is never overwritten.
   *
   * @param environment empty leaves what is stored
   */
  CompletionStage<Void> write(
      SessionId id, Facts facts, String status, Optional<Map<String, String>> environment);
}
