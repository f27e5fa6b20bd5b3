package dev.ash.gateway.check;

import java.util.List;

/**
 * The verdict on one criterion.
 *
 * @param evidence what was sent and what came back, without credentials
 */
public record Finding(
    String check, Verdict verdict, String message, String details, List<String> evidence) {

  /** Skipped means: it could not be found out. */
  public enum Verdict {
    PASS,
    FAIL,
    SKIP
  }

  public Finding {
    evidence = List.copyOf(evidence);
  }

  String line() {
    var mark =
        switch (verdict) {
          case PASS -> "✓";
          case FAIL -> "✗";
          case SKIP -> "○";
        };
    return mark + " " + verdict + " - " + check + ": " + message;
  }
}
