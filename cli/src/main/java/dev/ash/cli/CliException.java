package dev.ash.cli;

import java.util.Optional;

/** A failure in the words a person reads, with a hint at what to do when there is one. */
final class CliException extends RuntimeException {
  private final Optional<String> hint;

  CliException(String message) {
    super(message);
    this.hint = Optional.empty();
  }

  CliException(String message, String hint) {
    super(message);
    this.hint = Optional.of(hint);
  }

  CliException(String message, String hint, Throwable cause) {
    super(message, cause);
    this.hint = Optional.of(hint);
  }

  Optional<String> hint() {
    return hint;
  }

  String text() {
    return String.valueOf(getMessage());
  }
}
