package dev.ash.node.egress;

/** A host, a target or an entry of a list that is not in the form that is understood. */
final class UnreadableException extends Exception {
  private static final long serialVersionUID = 1L;

  UnreadableException(String message) {
    super(message);
  }
}
