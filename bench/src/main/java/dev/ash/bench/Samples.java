package dev.ash.bench;

import java.util.ArrayList;
import java.util.List;

/** Durations of one kind of request, in milliseconds. Many threads may add. */
final class Samples {
  private final List<Double> millis = new ArrayList<>();

  synchronized void add(long nanos) {
    millis.add(nanos / 1e6);
  }

  synchronized int size() {
    return millis.size();
  }

  /** The smallest sample that so many of a hundred do not exceed. */
  synchronized double percentile(int percent) {
    if (millis.isEmpty()) {
      return Double.NaN;
    }
    var sorted = millis.stream().sorted().toList();
    var rank = (int) Math.ceil(percent / 100.0 * sorted.size());
    return sorted.get(Math.clamp(rank - 1L, 0, sorted.size() - 1));
  }

  double median() {
    return percentile(50);
  }
}
