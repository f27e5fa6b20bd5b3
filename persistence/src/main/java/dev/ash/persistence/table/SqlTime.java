package dev.ash.persistence.table;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** Instants as columns hold them: UTC text of fixed width with milliseconds, which sorts. */
final class SqlTime {
  private static final DateTimeFormatter FORM =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSS'Z'", Locale.ROOT)
          .withZone(ZoneOffset.UTC);

  private SqlTime() {}

  static String text(Instant at) {
    return FORM.format(at);
  }

  static Instant instant(String text) {
    return Instant.parse(text);
  }
}
