package dev.ash.node.agents;

import dev.ash.node.agents.Agents.FileInfo;
import dev.ash.node.bridge.Bridge.Kind;
import dev.ash.node.workspace.PathRules;
import dev.ash.node.workspace.Workspaces.Entry;
import dev.ash.protocol.session.Rejection.Code;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The files of one agent as its manifest lists them. Links are resolved here, as text within the
 * folder, so reading through one can never leave it.
 */
final class AgentFolder {
  static final String INSTRUCTIONS = "CLAUDE.md";
  static final String NO_INSTRUCTIONS = "Agent directory must contain CLAUDE.md";
  static final long MAX_BYTES = 100L << 20;
  static final int MAX_ENTRIES = 20_000;

  private static final int MAX_LINKS = 8;

  private final TreeMap<String, Entry> byPath = new TreeMap<>();

  AgentFolder(Collection<Entry> entries) {
    entries.forEach(entry -> byPath.put(entry.path(), entry));
  }

  List<Entry> entries() {
    return List.copyOf(byPath.values());
  }

  /** What a client is shown: files, and links to files of this folder. */
  List<FileInfo> listed() {
    var shown = new ArrayList<FileInfo>();
    for (var entry : byPath.values()) {
      if (PathRules.isPersisted(entry.path(), false)) {
        file(entry.path())
            .ifPresent(file -> shown.add(new FileInfo(entry.path(), file.size(), file.modified())));
      }
    }
    return shown;
  }

  /** The file of that path, or the one that a link of that path names. */
  Optional<Entry> file(String path) {
    var at = Optional.of(path);
    for (var links = 0; links <= MAX_LINKS; links++) {
      var entry = at.map(byPath::get);
      if (entry.isEmpty() || entry.get().kind() != Kind.LINK) {
        return entry.filter(found -> found.kind() == Kind.FILE);
      }
      at = PathRules.targetOf(entry.get().path(), entry.get().target().orElse("/"));
    }
    return Optional.empty();
  }

  boolean has(String path) {
    return byPath.containsKey(path);
  }

  /** A folder may be an entry, or only be there because of what is in it. */
  boolean isDirectory(String path) {
    var entry = byPath.get(path);
    var below = byPath.ceilingKey(path + "/");
    return entry != null
        ? entry.kind() == Kind.DIRECTORY
        : below != null && below.startsWith(path + "/");
  }

  void requireInstructions() throws RefusedException {
    if (file(INSTRUCTIONS).isEmpty()) {
      throw RefusedException.invalid(NO_INSTRUCTIONS);
    }
  }

  void remove(String path) {
    byPath.remove(path);
  }

  /** Adds a file, in place of a file or a link of that path. */
  void put(Entry file) throws RefusedException {
    var belowNoFolder =
        PathRules.parents(file.path()).stream()
            .anyMatch(parent -> has(parent) && !isDirectory(parent));
    if (belowNoFolder || isDirectory(file.path())) {
      throw RefusedException.invalid(
          "Path \"" + file.path() + "\" conflicts with another file or directory");
    }
    byPath.put(file.path(), file);
  }

  void requireWithinBounds() throws RefusedException {
    requireWithinBounds(byPath.size(), byPath.values().stream().mapToLong(Entry::size).sum());
  }

  static void requireWithinBounds(int entries, long bytes) throws RefusedException {
    if (entries > MAX_ENTRIES) {
      throw new RefusedException(
          Code.TOO_LARGE, "Agent directory has too many files (max " + MAX_ENTRIES + ")");
    }
    if (bytes > MAX_BYTES) {
      throw new RefusedException(
          Code.TOO_LARGE, "Agent directory too large (max " + MAX_BYTES + " bytes)");
    }
  }
}
