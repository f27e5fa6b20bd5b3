package dev.ash.node.session;

import dev.ash.node.usage.UsageRecorder;
import dev.ash.protocol.id.SessionId;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/**
 * A directory whose writes make the session's usage be counted: a row is written when a session is
 * recovered and when it has stored the end of a turn.
 */
final class CountedDirectory implements SessionDirectory {
  private final SessionDirectory directory;
  private final UsageRecorder usage;

  CountedDirectory(SessionDirectory directory, UsageRecorder usage) {
    this.directory = directory;
    this.usage = usage;
  }

  @Override
  public CompletionStage<Void> write(
      SessionId id, Facts facts, String status, Optional<Map<String, String>> environment) {
    usage.mark(id);
    return directory.write(id, facts, status, environment);
  }
}
