package dev.ash.bench;

import java.io.PrintStream;
import java.util.Locale;

/**
 * What was measured, beside what has to be reached, as a Markdown table. Rows are written at once:
 * what was measured is known even if the rest fails.
 */
final class Table {
  private final PrintStream out;

  Table(PrintStream out) {
    this.out = out;
    out.printf("| what | ours | reference | target |%n|---|---|---|---|%n");
  }

  void row(String what, String measured, String reference, String target) {
    out.printf("| %s | %s | %s | %s |%n", what, measured, reference, target);
  }

  /** Three digits that mean something, whatever the size. */
  static String number(double value) {
    if (Double.isNaN(value)) {
      return "-";
    }
    return String.format(Locale.ROOT, value < 10 ? "%.2f" : value < 100 ? "%.1f" : "%.0f", value);
  }
}
