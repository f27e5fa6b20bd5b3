package dev.ash.config;

import java.util.Arrays;
import java.util.List;

/** Lists as environment variables write them. */
final class Lists {
  private Lists() {}

  static List<String> commaSeparated(String text) {
    return Arrays.stream(text.split(",", -1)).map(String::strip).filter(s -> !s.isEmpty()).toList();
  }
}
