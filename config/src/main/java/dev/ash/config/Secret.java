package dev.ash.config;

/** A value that must not appear in a log: only {@link #reveal()} shows it. */
public record Secret(String reveal) {
  @Override
  public String toString() {
    return "***";
  }
}
