package dev.ash.gateway.audit;

/**
 * A place in a chain.
 *
 * @param sequence of a line, from 1 on; 0 before the first
 * @param hash of that line, 64 hex digits
 */
public record Link(long sequence, String hash) {
  static final Link BEGINNING = new Link(0, "0".repeat(64));

  /** As {@code verify} prints it and takes it. */
  @Override
  public String toString() {
    return sequence + ":" + hash;
  }
}
