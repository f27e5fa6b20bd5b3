package dev.ash.node.session;

import dev.ash.node.telemetry.Metrics;
import dev.ash.protocol.id.SessionId;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/** A directory that tells how long its writes take. */
final class MeasuredDirectory implements SessionDirectory {
  private final SessionDirectory directory;
  private final Metrics metrics;

  MeasuredDirectory(SessionDirectory directory, Metrics metrics) {
    this.directory = directory;
    this.metrics = metrics;
  }

  @Override
  public CompletionStage<Void> write(
      SessionId id, Facts facts, String status, Optional<Map<String, String>> environment) {
    var begin = System.nanoTime();
    return directory
        .write(id, facts, status, environment)
        .whenComplete(
            (_, failure) ->
                metrics.rowWritten(failure == null, Duration.ofNanos(System.nanoTime() - begin)));
  }
}
