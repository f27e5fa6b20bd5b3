package dev.ash.config;

/**
 * A setting that the node will not start with; the message names key, value and what is expected.
 */
public final class InvalidConfigException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public InvalidConfigException(String message) {
    super(message);
  }
}
