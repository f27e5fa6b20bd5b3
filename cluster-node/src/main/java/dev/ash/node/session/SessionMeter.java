package dev.ash.node.session;

import dev.ash.node.telemetry.Metrics;
import dev.ash.protocol.session.SessionEvent;
import dev.ash.protocol.session.SessionEvent.Created;
import dev.ash.protocol.session.SessionEvent.TurnContinued;
import dev.ash.protocol.session.SessionEvent.TurnEnded;
import dev.ash.protocol.session.SessionEvent.TurnStarted;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * Measures one session by what it stores. Belongs to the session's entity and its thread. What was
 * recovered is not counted again, and a turn that began before the recovery is not timed.
 */
final class SessionMeter {
  private final Metrics metrics;
  private Optional<TurnStarted> running = Optional.empty();
  private boolean spoken;

  SessionMeter(Metrics metrics) {
    this.metrics = metrics;
  }

  /** The events are in the journal; they were asked for when {@code begin} was the nano time. */
  void stored(List<SessionEvent> events, long begin) {
    metrics.stored(Duration.ofNanos(System.nanoTime() - begin));
    for (var event : events) {
      count(event);
    }
  }

  /** The agent said something, be it stored or not. */
  void spoke(Instant now) {
    if (!spoken) {
      spoken = true;
      running.ifPresent(turn -> metrics.agentSpoke(between(turn.at(), now)));
    }
  }

  private void count(SessionEvent event) {
    switch (event) {
      case Created created -> metrics.sessionCreated(created.origin().isPresent());
      case TurnStarted started -> {
        running = Optional.of(started);
        spoken = false;
        metrics.turnStarted();
      }
      case TurnContinued _ -> metrics.turnContinued();
      case TurnEnded ended -> {
        metrics.turnEnded(ended.outcome());
        // A turn that waits may end beside the one that runs.
        if (running.filter(turn -> turn.turn() == ended.turn()).isPresent()) {
          metrics.turnTook(ended.outcome(), between(running.get().at(), ended.at()));
          running = Optional.empty();
        }
      }
      case SessionEvent.Ended _ -> metrics.sessionEnded();
      case SessionEvent.TurnAccepted _,
          SessionEvent.AgentSaid _,
          SessionEvent.ModelNoted _,
          SessionEvent.WorkspaceSaved _,
          SessionEvent.Paused _,
          SessionEvent.Resumed _,
          SessionEvent.Stopped _,
          SessionEvent.Reconfigured _ -> {}
    }
  }

  private static Duration between(Instant from, Instant to) {
    var passed = Duration.between(from, to);
    return passed.isNegative() ? Duration.ZERO : passed;
  }
}
