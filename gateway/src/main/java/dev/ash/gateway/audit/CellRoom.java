package dev.ash.gateway.audit;

import dev.ash.gateway.audit.LoggedFile.Cell;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/**
 * How many sums there is room for in the files of a log. A sum that several files have counts once;
 * with all of theirs there are at most {@value #FILES} times as many. Used by one thread at a time.
 */
final class CellRoom {
  /** Most logs have a day in one or two files. */
  private static final int FILES = 4;

  private final int most;
  private final Map<Cell, Integer> held = new HashMap<>();
  private int all;

  CellRoom(int most) {
    this.most = most;
  }

  /** Whether a sum of its own may be kept for it in one more file. */
  boolean fits(Cell cell) {
    return fits(cell, most);
  }

  /** Whether its consumer's day may be kept together; half as much room is left for that. */
  boolean fitsTogether(Cell cell) {
    return fits(cell, most + most / 2);
  }

  private boolean fits(Cell cell, int limit) {
    return all < (long) limit * FILES && (held.size() < limit || held.containsKey(cell));
  }

  void take(Cell cell) {
    all++;
    held.merge(cell, 1, Integer::sum);
  }

  /** A file is gone. */
  void leave(Set<Cell> cells) {
    all -= cells.size();
    cells.forEach(cell -> held.computeIfPresent(cell, (_, n) -> n == 1 ? null : n - 1));
  }
}
