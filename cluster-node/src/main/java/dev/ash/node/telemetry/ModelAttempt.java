package dev.ash.node.telemetry;

import dev.ash.persistence.table.ModelCall.Usage;
import dev.ash.protocol.id.SessionId;
import java.time.Instant;
import java.util.OptionalInt;

/**
 * One sending of a model call to one server. It has neither what was asked and answered nor what
 * was shown there.
 *
 * @param model as the agent named it
 * @param provider whose interface the server has
 * @param server its name in the configuration
 * @param number of this sending, from 1
 * @param status of the answer; empty if none came
 * @param usage that the answer told of, up to its end or to where it broke off
 */
public record ModelAttempt(
    SessionId session,
    String model,
    String provider,
    String server,
    int number,
    OptionalInt status,
    Outcome outcome,
    Usage usage,
    Instant began,
    Instant ended) {

  /** How it ended. */
  public enum Outcome {
    /** An answer was read to its end, whatever its status was. */
    ANSWERED,
    /** An answer was put aside: the call was sent once more, here or elsewhere. */
    REPEATED,
    /** No answer came, or it broke off. */
    FAILED,
    /** The caller left. */
    CANCELLED
  }
}
