package dev.ash.node.usage;

import com.fasterxml.jackson.databind.JsonNode;
import dev.ash.node.driver.AgentLine;
import dev.ash.persistence.table.UsageTable.Progress;
import dev.ash.persistence.table.UsageTable.UsageRow;
import dev.ash.protocol.id.SessionId;
import dev.ash.protocol.session.SessionEvent;
import dev.ash.protocol.session.SessionEvent.AgentSaid;
import dev.ash.protocol.session.SessionEvent.Created;
import dev.ash.protocol.session.SessionEvent.Outcome;
import dev.ash.protocol.session.SessionEvent.TurnEnded;
import dev.ash.protocol.session.SessionEvent.TurnStarted;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Derives usage from one session's events, fed in the order of the journal. The same events give
 * the same rows, wherever the reading was cut. Belongs to one thread.
 */
final class UsageFold {
  /** More than any turn can use; the lines come from the sandbox and may be crafted. */
  private static final double MAX_TOKENS = 1e12;

  private static final double MAX_COST = 1e6;
  private static final double MILLIS = 1000;

  private final SessionId session;
  private final List<UsageRow> rows = new ArrayList<>();
  private Optional<Progress> progress;

  UsageFold(SessionId session, Optional<Progress> progress) {
    this.session = session;
    this.progress = progress;
  }

  /** Rows since the fold began. */
  List<UsageRow> rows() {
    return List.copyOf(rows);
  }

  /** Empty until the session's first event. */
  Optional<Progress> progress() {
    return progress;
  }

  void add(long sequence, SessionEvent event) {
    if (event instanceof Created created) {
      progress =
          Optional.of(
              new Progress(
                  sequence, created.tenant(), created.agent().name(), Optional.empty(), 0));
      return;
    }
    var before =
        progress.orElseThrow(
            () ->
                new IllegalStateException(
                    "session %s: event %d is the first (expected: created)"
                        .formatted(session, sequence)));
    var step = new Step(before, sequence, event.at());
    switch (event) {
      case TurnStarted started -> step.turnStart = Optional.of(started.at());
      case AgentSaid said -> AgentLine.parse(said.raw()).ifPresent(step::said);
      // A turn that waits is cancelled beside the one that runs, which is cancelled only when its
      // session is stopped or ended: the next event of the same write says so.
      case TurnEnded ended when ended.outcome() == Outcome.CANCELLED -> {}
      case TurnEnded ended -> step.ended(ended.at());
      case SessionEvent.Stopped stopped -> step.ended(stopped.at());
      case SessionEvent.Ended ended -> step.ended(ended.at());
      case Created _,
          SessionEvent.TurnAccepted _,
          SessionEvent.TurnContinued _,
          SessionEvent.ModelNoted _,
          SessionEvent.WorkspaceSaved _,
          SessionEvent.Paused _,
          SessionEvent.Resumed _,
          SessionEvent.Reconfigured _ -> {}
    }
    progress =
        Optional.of(
            new Progress(
                sequence, before.tenant(), before.agent(), step.turnStart, step.costSoFar));
  }

  /** One event on its way into rows. */
  private final class Step {
    private final Progress before;
    private final long sequence;
    private final Instant at;
    private Optional<Instant> turnStart;
    private double costSoFar;

    Step(Progress before, long sequence, Instant at) {
      this.before = before;
      this.sequence = sequence;
      this.at = at;
      this.turnStart = before.turnStart();
      this.costSoFar = before.costSoFar();
    }

    void said(AgentLine line) {
      count(UsageKind.TOOL_CALL, line.toolStarts().size());
      if (line.type().equals("result")) {
        var usage = line.json().path("usage");
        tokens(UsageKind.INPUT_TOKENS, usage.path("input_tokens"));
        tokens(UsageKind.OUTPUT_TOKENS, usage.path("output_tokens"));
        tokens(UsageKind.CACHE_CREATION_TOKENS, usage.path("cache_creation_input_tokens"));
        tokens(UsageKind.CACHE_READ_TOKENS, usage.path("cache_read_input_tokens"));
        cost(line.json().path("total_cost_usd"));
      }
    }

    private void tokens(UsageKind kind, JsonNode number) {
      if (number.isNumber() && number.doubleValue() <= MAX_TOKENS) {
        count(kind, number.doubleValue());
      }
    }

    /** The agent tells what its process has cost so far; a new process begins at nothing. */
    private void cost(JsonNode number) {
      var total = number.doubleValue();
      if (number.isNumber() && total >= 0 && total <= MAX_COST) {
        count(UsageKind.COST_USD, total >= costSoFar ? total - costSoFar : total);
        costSoFar = total;
      }
    }

    /** A turn that never started used nothing. */
    void ended(Instant end) {
      turnStart.ifPresent(
          start -> {
            count(UsageKind.MESSAGE, 1);
            count(UsageKind.COMPUTE_SECONDS, Duration.between(start, end).toMillis() / MILLIS);
          });
      turnStart = Optional.empty();
    }

    private void count(UsageKind kind, double value) {
      if (value > 0) {
        rows.add(
            new UsageRow(
                session, sequence, kind.wireName(), before.tenant(), before.agent(), value, at));
      }
    }
  }
}
