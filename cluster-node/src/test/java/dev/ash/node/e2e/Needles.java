package dev.ash.node.e2e;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Finds many texts in one pass, in a fraction of the characters (after Wu and Manber): a table says
 * for each three characters how far it is at least to the end of the next beginning of a text.
 */
final class Needles {
  private static final int BLOCK = 3;
  private static final int TABLE = 1 << 16;

  /** So many characters of each text are in the table. */
  private final int window;

  private final int[] shifts = new int[TABLE];

  /** Texts by the last block of their windows. */
  private final Map<Integer, List<String>> candidates = new HashMap<>();

  Needles(Collection<String> texts) {
    this.window = texts.stream().mapToInt(String::length).min().orElse(BLOCK);
    if (window < BLOCK) {
      throw new IllegalArgumentException(
          "a text of %d characters (expected: %d or more)".formatted(window, BLOCK));
    }
    Arrays.fill(shifts, window - BLOCK + 1);
    for (var text : texts) {
      for (var end = BLOCK - 1; end < window; end++) {
        var block = block(text, end);
        shifts[block] = Math.min(shifts[block], window - 1 - end);
      }
      candidates.computeIfAbsent(block(text, window - 1), _ -> new ArrayList<>()).add(text);
    }
  }

  private static int block(String text, int end) {
    var hash = (text.charAt(end - 2) * 31 + text.charAt(end - 1)) * 31 + text.charAt(end);
    return hash & (TABLE - 1);
  }

  /** Those that stand in the text. */
  Set<String> in(String text) {
    var found = new LinkedHashSet<String>();
    if (candidates.isEmpty()) {
      return found;
    }
    for (var end = window - 1; end < text.length(); ) {
      var block = block(text, end);
      var shift = shifts[block];
      if (shift == 0) {
        for (var candidate : candidates.getOrDefault(block, List.of())) {
          if (text.startsWith(candidate, end - window + 1)) {
            found.add(candidate);
          }
        }
        shift = 1;
      }
      end += shift;
    }
    return found;
  }
}
