package dev.ash.client.http;

import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/** Builds a path with a query; what is absent is left out. */
public final class Query {
  private final StringBuilder text;
  private boolean isFirst = true;

  public Query(String path) {
    text = new StringBuilder(path);
  }

  public Query and(String name, String value) {
    text.append(isFirst ? '?' : '&').append(name).append('=').append(Paths.segment(value));
    isFirst = false;
    return this;
  }

  public Query and(String name, long value) {
    return and(name, Long.toString(value));
  }

  // What is absent adds nothing, so an Optional is just what is meant here.
  public Query andIf(String name, Optional<?> value) {
    value.ifPresent(present -> and(name, present.toString()));
    return this;
  }

  public Query andIf(String name, OptionalInt value) {
    value.ifPresent(present -> and(name, present));
    return this;
  }

  public Query andIf(String name, OptionalLong value) {
    value.ifPresent(present -> and(name, present));
    return this;
  }

  @Override
  public String toString() {
    return text.toString();
  }
}
