package dev.ash.client.model;

import java.util.Arrays;
import java.util.Locale;

/** What an interrupt found its turn at. */
public enum TurnWas {
  /** It is told to stop; its stream says when it has. */
  RUNNING,
  /** It is withdrawn: its stream ends, and nothing of it was run. */
  WAITING,
  /** There was nothing left to do. */
  ENDED,
  /** A word this client does not know. */
  OTHER;

  public static TurnWas of(String wire) {
    return Arrays.stream(values())
        .filter(was -> was.name().toLowerCase(Locale.ROOT).equals(wire))
        .findFirst()
        .orElse(OTHER);
  }
}
