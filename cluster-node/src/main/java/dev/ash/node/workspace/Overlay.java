package dev.ash.node.workspace;

import dev.ash.node.bridge.Bridge.Kind;
import dev.ash.node.workspace.Workspaces.Entry;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/** One tree laid over another: what is in both comes from the upper one. */
public final class Overlay {
  private Overlay() {}

  /** What is wrong with a tree that would be stored, if anything is; for whoever sent it. */
  public static Optional<String> problem(List<Entry> tree, long mostBytes) {
    var bytes = tree.stream().mapToLong(Entry::size).sum();
    return bytes > mostBytes
        ? Optional.of("more than " + mostBytes + " bytes of files together")
        : Manifest.problem(Manifest.sorted(tree));
  }

  /** Both are sound trees, and so is the result: what the upper one has no room beside goes. */
  public static List<Entry> of(List<Entry> lower, List<Entry> upper) {
    var byPath = new TreeMap<String, Entry>();
    lower.forEach(entry -> byPath.put(entry.path(), entry));
    for (var entry : upper) {
      for (var parent : PathRules.parents(entry.path())) {
        var above = byPath.get(parent);
        if (above != null && above.kind() != Kind.DIRECTORY) {
          byPath.remove(parent);
        }
      }
      if (entry.kind() != Kind.DIRECTORY) {
        byPath.subMap(entry.path() + "/", entry.path() + (char) ('/' + 1)).clear();
      }
      byPath.put(entry.path(), entry);
    }
    return List.copyOf(byPath.values());
  }
}
