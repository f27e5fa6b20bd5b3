package dev.ash.node.telemetry;

import dev.ash.persistence.table.ModelCall.Usage;
import dev.ash.protocol.session.SessionEvent.Outcome;
import java.time.Duration;

/**
 * What features tell of what they do. Every method may be called from any thread, does not block
 * and does not fail. What is told becomes a label only if it has few values: never an id.
 */
public interface Metrics {

  /** Which of the two streams a client reads. */
  enum StreamKind {
    /** The answer to a message; it ends with its turn. */
    REPLY,
    /** A session followed for as long as the client likes. */
    STREAM
  }

  void turnStarted();

  /** The agent's first line, partial or not, since its turn started. */
  void agentSpoke(Duration afterStart);

  void turnContinued();

  void turnEnded(Outcome outcome);

  /** Told beside the end of a turn whose start this node has seen. */
  void turnTook(Outcome outcome, Duration took);

  void sessionCreated(boolean forked);

  void sessionEnded();

  /** From the decision that one is needed to an agent that can be told something. */
  void sandboxStarted(Duration took);

  void sandboxFailed(Duration took);

  void executed(boolean answered, Duration took);

  /** From a command's arrival at its session until its events were in the journal. */
  void stored(Duration took);

  void rowWritten(boolean written, Duration took);

  void streamOpened(StreamKind kind);

  void streamClosed(StreamKind kind);

  void frameSent(StreamKind kind);

  /**
   * A request was answered; of a stream, its beginning.
   *
   * @param route the route's template, not the path
   */
  void answered(String method, String route, int status, Duration took);

  /**
   * A model call was settled.
   *
   * @param model the price it was counted at, which is one of a few
   * @param state how it ended
   * @param nanos billionths of a US dollar
   */
  void modelCallEnded(String model, String state, Usage usage, long nanos);

  /** A model call was sent to a server, and that is over; told as a span of its own. */
  void modelAttempted(ModelAttempt attempt);

  /** A model call was not made because of a budget. */
  void modelBudgetReached(String scope, String window);

  /**
   * A connection of a sandbox to the outside has ended.
   *
   * @param outcome {@code passed}, {@code refused} or {@code failed}
   * @param sent bytes to the outside
   * @param received bytes from there
   */
  void egressEnded(String outcome, long sent, long received);

  /**
   * A caller was sent away because it asks too often.
   *
   * @param allowance the name of what it used up
   */
  void rateLimited(String allowance);
}
