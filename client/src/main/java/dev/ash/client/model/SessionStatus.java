package dev.ash.client.model;

import java.util.Arrays;
import java.util.Locale;

/** Where a session is in its life. */
public enum SessionStatus {
  STARTING,
  ACTIVE,
  PAUSED,
  STOPPED,
  ENDED,
  ERROR,
  /** A status this client does not know. */
  OTHER;

  static SessionStatus of(String wire) {
    return Arrays.stream(values())
        .filter(status -> status.wire().equals(wire))
        .findFirst()
        .orElse(OTHER);
  }

  /** The word the API uses. */
  public String wire() {
    return name().toLowerCase(Locale.ROOT);
  }
}
