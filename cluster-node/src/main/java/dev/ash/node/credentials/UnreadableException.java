package dev.ash.node.credentials;

/** A sealed secret could not be opened; the message says why and what to do. */
final class UnreadableException extends Exception {
  private static final long serialVersionUID = 1L;

  UnreadableException(String message) {
    super(message);
  }
}
