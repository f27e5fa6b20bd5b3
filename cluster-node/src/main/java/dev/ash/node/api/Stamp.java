package dev.ash.node.api;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;

/** Writes times as the wire has them: UTC with milliseconds, so that text order is time order. */
final class Stamp {
  private static final DateTimeFormatter FORM =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSS'Z'").withZone(ZoneOffset.UTC);

  private Stamp() {}

  static String of(Instant time) {
    return FORM.format(time);
  }
}
