package dev.ash.gateway.config;

import java.util.ArrayList;
import java.util.List;

/** What a reader of configuration has to tell about it, in the order of the file. */
public final class Findings {
  /** How serious a finding is. */
  public enum Kind {
    /** The name means nothing to us; it has no effect here. */
    NOT_UNDERSTOOD,
    /** The name is known and has no effect here. */
    NOT_OFFERED,
    /** At the real product this would not do what it seems to say. */
    WRONG_AT_VENDOR,
    /** It works, and not quite as written. */
    NOTE
  }

  public record Finding(Kind kind, String where, String text) {
    @Override
    public String toString() {
      return kind.name().toLowerCase(java.util.Locale.ROOT).replace('_', ' ')
          + ": "
          + where
          + (text.isEmpty() ? "" : ": " + text);
    }
  }

  private final List<Finding> found = new ArrayList<>();

  public void add(Kind kind, String where, String text) {
    found.add(new Finding(kind, where, text));
  }

  public List<Finding> all() {
    return List.copyOf(found);
  }
}
