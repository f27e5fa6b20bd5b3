package dev.ash.node.egress;

/** A connection is not made; the program inside is told so. */
final class AnswerException extends Exception {
  private static final long serialVersionUID = 1L;

  /** What kind of answer it is. */
  enum Kind {
    UNREADABLE("400 Bad Request", "failed"),
    REFUSED("403 Forbidden", "refused"),
    TOO_LARGE("431 Request Header Fields Too Large", "failed"),
    UNREACHABLE("502 Bad Gateway", "failed"),
    TOO_MANY("503 Service Unavailable", "refused"),
    TIMED_OUT("504 Gateway Timeout", "failed");

    private final String status;
    private final String outcome;

    Kind(String status, String outcome) {
      this.status = status;
      this.outcome = outcome;
    }

    String status() {
      return status;
    }

    String outcome() {
      return outcome;
    }
  }

  private final Kind kind;

  AnswerException(Kind kind, String message) {
    super(message, null, false, false);
    this.kind = kind;
  }

  Kind kind() {
    return kind;
  }
}
