package dev.ash.node.sandbox;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where this node may make cgroups: below {@code ash/<node>} of each hierarchy it can write to.
 *
 * <p>Version 1 (a hierarchy for each controller), version 2 and a mixture of both are understood. A
 * controller that cannot be had is left out; {@link LimitsInForce} says what that means.
 */
final class Cgroups {
  private static final Logger log = LoggerFactory.getLogger(Cgroups.class);

  /** What a cgroup can do for a sandbox. */
  enum Controller {
    MEMORY,
    PIDS,
    CPU,
    FREEZER;

    String kernelName() {
      return switch (this) {
        case MEMORY -> "memory";
        case PIDS -> "pids";
        case CPU -> "cpu";
        case FREEZER -> "freezer";
      };
    }
  }

  /** A folder in which cgroups of one or more controllers are made. */
  record Home(Path directory, boolean unified) {}

  /** A line of mountinfo, as far as it matters here. */
  private record Mount(Path point, String type, Set<String> options) {}

  private final Map<Controller, Home> homes;

  private Cgroups(Map<Controller, Home> homes) {
    this.homes = homes;
  }

  /** No cgroups at all. */
  static Cgroups none() {
    return new Cgroups(Map.of());
  }

  /**
   * Looks at what is mounted and takes what can be written.
   *
   * @param proc the folder with {@code mountinfo} and {@code cgroup} of this process
   * @param node tells this node's cgroups from those of another node on the machine
   */
  static Cgroups find(Path proc, String node) {
    var homes = new EnumMap<Controller, Home>(Controller.class);
    try {
      var mounts = mounts(proc.resolve("mountinfo"));
      for (var controller : Controller.values()) {
        for (var mount : mounts) {
          // What version 1 has frozen cannot be killed, and would outlive a node that is killed.
          if (mount.type().equals("cgroup")
              && controller != Controller.FREEZER
              && mount.options().contains(controller.kernelName())
              && !homes.containsKey(controller)) {
            var directory = made(mount.point().resolve("ash"), node);
            if (directory != null) {
              homes.put(controller, new Home(directory, false));
            }
          }
        }
      }
      for (var mount : mounts) {
        if (mount.type().equals("cgroup2")) {
          unified(mount.point(), proc.resolve("cgroup"), node, homes);
        }
      }
    } catch (IOException e) {
      log.debug("No cgroups", e);
    }
    return new Cgroups(homes);
  }

  private static void unified(Path mount, Path own, String node, Map<Controller, Home> homes) {
    try {
      // only the machine's root cgroup has no type; it alone may hold processes and controllers
      var machine = Files.notExists(mount.resolve("cgroup.type"));
      var base = machine && Files.isWritable(mount) ? mount : mount.resolve(ownPath(own));
      var offered =
          Set.of(Files.readString(base.resolve("cgroup.controllers")).strip().split(" ", -1));
      var wanted = EnumSet.noneOf(Controller.class);
      for (var c : EnumSet.of(Controller.MEMORY, Controller.PIDS, Controller.CPU)) {
        if (!homes.containsKey(c) && offered.contains(c.kernelName())) {
          wanted.add(c);
        }
      }
      if (!base.equals(mount) || !machine) {
        vacate(base);
      }
      enable(base, wanted);
      var ash = Files.createDirectories(base.resolve("ash"));
      enable(ash, wanted);
      var home = new Home(Files.createDirectories(ash.resolve(node)), true);
      enable(home.directory(), wanted);
      wanted.forEach(c -> homes.put(c, home));
      homes.put(Controller.FREEZER, home);
    } catch (IOException e) {
      log.debug("cgroup v2 at {} is not ours to use", mount, e);
    }
  }

  /** A cgroup with processes cannot give controllers to its children, so they go to a leaf. */
  private static void vacate(Path base) throws IOException {
    var pids = Files.readAllLines(base.resolve("cgroup.procs"));
    if (!pids.isEmpty()) {
      var leaf = Files.createDirectories(base.resolve("ash-node"));
      for (var pid : pids) {
        Files.writeString(leaf.resolve("cgroup.procs"), pid);
      }
    }
  }

  private static void enable(Path cgroup, Set<Controller> controllers) throws IOException {
    for (var c : controllers) {
      Files.writeString(cgroup.resolve("cgroup.subtree_control"), "+" + c.kernelName());
    }
  }

  private static @Nullable Path made(Path ash, String node) {
    try {
      var directory = Files.createDirectories(ash.resolve(node));
      return Files.isWritable(directory) ? directory : null;
    } catch (IOException e) {
      log.debug("{} cannot be made", ash, e);
      return null;
    }
  }

  private static List<Mount> mounts(Path mountinfo) throws IOException {
    var found = new ArrayList<Mount>();
    for (var line : Files.readAllLines(mountinfo, StandardCharsets.UTF_8)) {
      var fields = line.split(" ", -1);
      var dash = Arrays.asList(fields).indexOf("-");
      if (dash > 4 && dash + 3 < fields.length) {
        found.add(
            new Mount(Path.of(fields[4]), fields[dash + 1], Set.copyOf(options(fields[dash + 3]))));
      }
    }
    return found;
  }

  private static Set<String> options(String text) {
    return new HashSet<>(Arrays.asList(text.split(",", -1)));
  }

  private static Path ownPath(Path procCgroup) throws IOException {
    for (var line : Files.readAllLines(procCgroup)) {
      if (line.startsWith("0::/")) {
        return Path.of(line.substring("0::/".length()));
      }
    }
    return Path.of("");
  }

  /** Makes the cgroup of one sandbox with its limits set; nothing is left of it on failure. */
  Cgroup create(String id, Limits limits) throws IOException {
    var cgroup = at(id);
    try {
      cgroup.make(limits);
      return cgroup;
    } catch (IOException e) {
      cgroup.remove();
      throw e;
    }
  }

  /** Cgroups that a node with the same data folder has left behind. */
  List<Cgroup> leftovers() throws IOException {
    var names = new TreeSet<String>();
    for (var home : Set.copyOf(homes.values())) {
      try (var entries = Files.newDirectoryStream(home.directory(), Files::isDirectory)) {
        for (var entry : entries) {
          names.add(String.valueOf(entry.getFileName()));
        }
      }
    }
    return names.stream().map(this::at).toList();
  }

  private Cgroup at(String id) {
    var directories = new EnumMap<Controller, Home>(Controller.class);
    homes.forEach((c, h) -> directories.put(c, new Home(h.directory().resolve(id), h.unified())));
    return new Cgroup(directories);
  }

  /** Removes this node's own folders, when it has no sandbox any more. */
  void remove() throws IOException {
    for (var home : Set.copyOf(homes.values())) {
      Files.deleteIfExists(home.directory());
    }
  }

  boolean has(Controller controller) {
    return homes.containsKey(controller);
  }

  /** By which means a controller's limit holds, for people to read. */
  String means(Controller controller, String otherwise) {
    var home = homes.get(controller);
    return home == null ? otherwise : home.unified() ? "cgroup v2" : "cgroup v1";
  }
}
