package dev.ash.node.queue;

import dev.ash.node.work.StorableText;
import dev.ash.persistence.table.QueueRow;
import dev.ash.protocol.id.SessionId;
import dev.ash.protocol.session.Rejection;
import java.time.Duration;
import java.util.Optional;

/** What becomes of an attempt, and whose turn it is (contract 2.12). Pure. */
final class QueueRules {
  private static final Duration FIRST_DELAY = Duration.ofSeconds(5);
  private static final Duration LONGEST_DELAY = Duration.ofMinutes(5);
  private static final int DOUBLINGS = 6;
  private static final int MOST_TAKEOVERS = 5;

  private QueueRules() {}

  /** What is to be stored of an ending. */
  sealed interface Verdict {
    record Complete() implements Verdict {}

    record Fail(String error) implements Verdict {}

    record Retry(String error, Duration delay) implements Verdict {}

    record Postpone(String error, Duration delay) implements Verdict {}

    record Nothing() implements Verdict {}
  }

  static Verdict verdict(Ending ending, int retryCount, int maxRetries) {
    return switch (ending) {
      case Ending.Answered() -> new Verdict.Complete();
      case Ending.Failed(var error) ->
          retryCount + 1 >= maxRetries
              ? new Verdict.Fail(StorableText.error(error))
              : new Verdict.Retry(StorableText.error(error), delay(retryCount));
      case Ending.Lost(var error) -> new Verdict.Fail(error);
      case Ending.Hindered(var error) ->
          new Verdict.Postpone(StorableText.error(error), FIRST_DELAY);
      case Ending.Withdrawn() -> new Verdict.Nothing();
    };
  }

  /**
   * Why an item must not be begun again: it may be what ended the nodes that worked on it, and
   * would end every node in turn.
   *
   * @param takeovers how often whoever worked on the attempt fell silent
   */
  static Optional<Ending> givenUp(int takeovers) {
    return takeovers > MOST_TAKEOVERS
        ? Optional.of(
            new Ending.Lost(
                "given up: nodes that worked on it were lost "
                    + takeovers
                    + " times; see their logs before it is queued again"))
        : Optional.empty();
  }

  /** 5 s, 10 s, 20 s, ... at most 5 minutes. */
  static Duration delay(int retryCount) {
    var delay = FIRST_DELAY.multipliedBy(1L << Math.min(retryCount, DOUBLINGS));
    return delay.compareTo(LONGEST_DELAY) > 0 ? LONGEST_DELAY : delay;
  }

  /** The same in every repetition of an attempt, and another for each attempt. */
  static String key(QueueRow item) {
    return "queue/" + item.id() + "/" + item.retryCount();
  }

  /** A refusal in the words of the queue. */
  static Ending refused(Rejection why, Optional<SessionId> session) {
    var named = session.map(id -> "Session " + id).orElse("Session");
    return switch (why.code()) {
      case NO_CAPACITY, UNAVAILABLE -> new Ending.Hindered(why.detail());
      case NOT_FOUND ->
          new Ending.Failed(session.isPresent() ? named + " not found" : why.detail());
      case WRONG_STATE -> new Ending.Failed(why.detail().replaceFirst("^Session\\b", named));
      case INVALID, BUSY, GONE, UNPROCESSABLE, TOO_LARGE, FAILED -> new Ending.Failed(why.detail());
    };
  }
}
