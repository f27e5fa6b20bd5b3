package dev.ash.node.session;

import dev.ash.node.driver.AgentLine;
import dev.ash.node.session.SessionCommand.Finished;
import dev.ash.node.session.SessionCommand.Lost;
import dev.ash.node.session.SessionCommand.Reported;
import dev.ash.node.session.WorkerCommand.Run;
import dev.ash.protocol.id.Digest;
import dev.ash.protocol.session.SessionEvent.Outcome;
import java.util.Optional;

/**
 * The turn that a worker is on: how far it is, and what will be reported of it, once. Belongs to
 * the worker's thread.
 */
final class AgentTurn {
  private final Run run;
  private boolean begun;
  private boolean told;
  private boolean interrupted;
  private boolean failed;
  private boolean saving;
  private Optional<Reported> report = Optional.empty();

  AgentTurn(Run run) {
    this.run = run;
  }

  Run run() {
    return run;
  }

  long number() {
    return run.turn();
  }

  /** Nobody has been told of it yet, and nothing has ended it: it is to be told once, ever. */
  boolean isWaiting() {
    return !begun && report.isEmpty();
  }

  /** The agent is being told what to do; it may answer before that is confirmed. */
  void begun() {
    begun = true;
  }

  /** The agent has confirmed that it was told. */
  void told() {
    told = true;
  }

  boolean isTold() {
    return told;
  }

  /** False when it had been asked for before. */
  boolean interrupt() {
    var first = !interrupted;
    interrupted = true;
    return first;
  }

  boolean isInterrupted() {
    return interrupted;
  }

  /** A line of the agent may say how it went. */
  void hear(String raw) {
    if (raw.contains("\"result\"")) {
      AgentLine.parse(raw)
          .filter(line -> line.type().equals("result"))
          .ifPresent(line -> failed = line.json().path("is_error").asBoolean());
    }
  }

  /** Whether the agent works on it: it began, and neither it nor anything else ended it yet. */
  boolean isUnderWay() {
    return begun && !saving && report.isEmpty();
  }

  /** The agent is done, and what it left is being stored. */
  void saving() {
    saving = true;
  }

  boolean isSaving() {
    return saving;
  }

  /** What the agent left is stored, or could not be. */
  void saved(Optional<Digest> files, Optional<String> failure) {
    end(finished(files, failure.map(why -> "Workspace not saved: " + why)));
  }

  /** It cannot even begin. */
  void impossible(String why) {
    end(
        new Finished(
            number(),
            interrupted ? Outcome.INTERRUPTED : Outcome.FAILED,
            Optional.of(why),
            Optional.empty()));
  }

  /** It was interrupted before it began. */
  void neverBegun() {
    end(finished(Optional.empty(), Optional.empty()));
  }

  /** What worked on it is gone. */
  void lost(String why) {
    end(interrupted ? finished(Optional.empty(), Optional.empty()) : new Lost(number(), why));
  }

  private void end(Reported how) {
    if (report.isEmpty()) {
      report = Optional.of(how);
    }
  }

  private Finished finished(Optional<Digest> files, Optional<String> failure) {
    var outcome =
        interrupted
            ? Outcome.INTERRUPTED
            : failure.isPresent() || failed ? Outcome.FAILED : Outcome.COMPLETED;
    return new Finished(number(), outcome, failure, files);
  }

  /** What to report when all its lines are stored; empty while it goes on. */
  Optional<Reported> report() {
    return report;
  }
}
