package dev.ash.config;

/** Says in one form what is wrong with a setting. */
final class Require {
  private Require() {}

  static void that(boolean holds, String key, Object value, String expected) {
    if (!holds) {
      throw new InvalidConfigException(key + ": " + value + " (expected: " + expected + ")");
    }
  }
}
