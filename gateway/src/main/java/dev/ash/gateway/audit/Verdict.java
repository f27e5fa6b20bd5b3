package dev.ash.gateway.audit;

import java.util.List;

/**
 * What a check of a log found.
 *
 * @param text names the first line that is wrong, or says what was checked
 * @param notes what is to be known of it beside that
 */
public record Verdict(Result result, String text, List<String> notes) {
  public enum Result {
    WHOLE,
    BROKEN,
    /** It cannot be said, for want of a key or a file. */
    UNKNOWN
  }

  public Verdict {
    notes = List.copyOf(notes);
  }
}
