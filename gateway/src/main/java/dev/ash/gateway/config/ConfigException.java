package dev.ash.gateway.config;

/** A configuration that cannot be used; the message says where and what was expected. */
public final class ConfigException extends Exception {
  public ConfigException(String where, Object value, String expected) {
    super(where + ": " + value + " (expected: " + expected + ")");
  }
}
