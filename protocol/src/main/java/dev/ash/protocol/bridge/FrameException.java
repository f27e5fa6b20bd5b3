package dev.ash.protocol.bridge;

/** Bytes that are not a frame. The text never repeats what was received. */
public final class FrameException extends Exception {
  private static final long serialVersionUID = 1L;

  /** What is wrong with them. */
  public enum Reason {
    TOO_LONG,
    TRUNCATED,
    NOT_UTF8,
    NOT_JSON,
    UNKNOWN_TYPE,
    UNKNOWN_FIELD,
    MISSING_FIELD,
    BAD_VALUE
  }

  private final Reason reason;

  public FrameException(Reason reason, String message) {
    // Expected of a hostile peer and thrown for each of its frames, so it carries no stack.
    super(message, null, false, false);
    this.reason = reason;
  }

  public Reason reason() {
    return reason;
  }
}
