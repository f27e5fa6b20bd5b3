package dev.ash.gateway.keys;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Says of each key that ends soon that it does, once a day. Used by one thread at a time. */
public final class KeyReminder {
  private static final Duration AGAIN = Duration.ofDays(1);

  /**
   * A key that has an end.
   *
   * @param name what its administrator knows it by
   */
  public record Ending(String name, String consumer, Instant end) {}

  private final Map<String, Instant> said = new HashMap<>();

  /** Those to say something about now. */
  public List<Ending> due(List<Ending> ending, Instant now) {
    said.values().removeIf(at -> !now.isBefore(at.plus(AGAIN)));
    var due = new ArrayList<Ending>();
    for (var one : ending) {
      var soon = now.isBefore(one.end()) && !now.isBefore(one.end().minus(StoredKey.SOON));
      if (soon && said.putIfAbsent(one.name(), now) == null) {
        due.add(one);
      }
    }
    return due;
  }
}
