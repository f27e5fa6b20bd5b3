package dev.ash.node.bridge;

/** The bridge refused or failed a request, or is gone. */
public final class BridgeException extends Exception {
  private static final long serialVersionUID = 1L;

  /** What kind of failure it is. */
  public enum Kind {
    NOT_FOUND,
    NOT_A_FILE,
    OUTSIDE,
    INVALID,
    NO_SPACE,
    /**
     * It was not taken, or not answered in time. This says nothing of what the request was about,
     * and it may have been carried out.
     */
    BUSY,
    FAILED,
    GONE
  }

  private final Kind kind;

  public BridgeException(Kind kind, String message) {
    super(message);
    this.kind = kind;
  }

  public Kind kind() {
    return kind;
  }
}
