package dev.ash.node.workspace;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What a path inside a workspace or an agent's folder may look like, and which names are left out
 * where. Paths are text with {@code /} between names; nothing here touches a disk.
 */
public final class PathRules {
  private static final int MAX_NAME_BYTES = 255;

  /** Leaves room below PATH_MAX for the folder that a tree is restored into. */
  private static final int MAX_PATH_BYTES = 3072;

  private static final Set<String> NEVER_PERSISTED =
      Set.of(
          "node_modules",
          ".git",
          "__pycache__",
          ".cache",
          ".npm",
          ".pnpm-store",
          ".yarn",
          ".venv",
          "venv",
          ".tmp",
          "tmp");

  private static final Set<String> NEVER_LISTED =
      Set.of("node_modules", ".git", "__pycache__", ".DS_Store");

  private static final Set<String> SECRETS =
      Set.of(".env", ".env.local", ".env.production", ".env.development");

  private static final List<String> RUNTIME_SUFFIXES = List.of(".sock", ".lock", ".pid");

  private PathRules() {}

  /**
   * The stored form of a path as a client wrote it: {@code ./a//b} is {@code a/b}. Empty when it is
   * absolute, leaves its root by a {@code ..} part, names nothing or cannot be a file's name. Dots
   * inside a name are dots: {@code a..b} is fine.
   */
  public static Optional<String> clean(String path) {
    if (path.startsWith("/")) {
      return Optional.empty();
    }
    var names = new ArrayList<String>();
    for (var name : path.split("/", -1)) {
      if (name.isEmpty() || name.equals(".")) {
        continue;
      }
      if (!isName(name)) {
        return Optional.empty();
      }
      names.add(name);
    }
    var clean = String.join("/", names);
    return !clean.isEmpty() && clean.getBytes(UTF_8).length <= MAX_PATH_BYTES
        ? Optional.of(clean)
        : Optional.empty();
  }

  /** Whether a path is valid and already in its stored form. */
  public static boolean isClean(String path) {
    return clean(path).filter(path::equals).isPresent();
  }

  /** Whether a path of a workspace is saved, and shown in the list of an agent's files. */
  public static boolean isPersisted(String path, boolean directory) {
    return noneOf(NEVER_PERSISTED, path) && (directory || !isRuntimeFile(path));
  }

  /**
   * Whether a path shows in the list of a session's files.
   *
   * @param includeHidden whether caches and temporary folders show too
   */
  public static boolean isListed(String path, boolean includeHidden) {
    return noneOf(NEVER_LISTED, path)
        && (includeHidden || noneOf(NEVER_PERSISTED, path))
        && !isRuntimeFile(path);
  }

  /** Names below which nothing is saved; a bridge need not list them for a save. */
  public static List<String> neverPersisted() {
    return NEVER_PERSISTED.stream().sorted().toList();
  }

  /** Names below which nothing is ever shown; a bridge need not list them at all. */
  public static List<String> neverListed() {
    return NEVER_LISTED.stream().sorted().toList();
  }

  /** The folders above a path, outermost first: of {@code a/b/c} these are {@code a, a/b}. */
  public static List<String> parents(String path) {
    var parents = new ArrayList<String>();
    for (var slash = path.indexOf('/'); slash >= 0; slash = path.indexOf('/', slash + 1)) {
      parents.add(path.substring(0, slash));
    }
    return parents;
  }

  /** What a link names, as a path of the same folder; empty when that is outside. */
  public static Optional<String> targetOf(String link, String target) {
    if (target.startsWith("/")) {
      return Optional.empty();
    }
    var names = new ArrayList<>(List.of(link.split("/", -1)));
    names.removeLast();
    for (var name : target.split("/", -1)) {
      if (name.equals("..")) {
        if (names.isEmpty()) {
          return Optional.empty();
        }
        names.removeLast();
      } else if (!name.isEmpty() && !name.equals(".")) {
        names.add(name);
      }
    }
    return Optional.of(String.join("/", names));
  }

  /** Whether a file goes into a bundle of the workspace: those with secrets do not. */
  public static boolean isBundled(String path) {
    var name = path.substring(path.lastIndexOf('/') + 1);
    return isListed(path, false) && !SECRETS.contains(name);
  }

  private static boolean isName(String name) {
    return !name.equals("..")
        && name.indexOf('\0') < 0
        && UTF_8.newEncoder().canEncode(name)
        && name.getBytes(UTF_8).length <= MAX_NAME_BYTES;
  }

  private static boolean isRuntimeFile(String path) {
    return RUNTIME_SUFFIXES.stream().anyMatch(path::endsWith);
  }

  private static boolean noneOf(Set<String> names, String path) {
    for (var name : path.split("/", -1)) {
      if (names.contains(name)) {
        return false;
      }
    }
    return true;
  }
}
