package dev.ash.node.sandbox;

import dev.ash.node.sandbox.Cgroups.Controller;
import dev.ash.node.sandbox.Cgroups.Home;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The cgroup of one sandbox: one folder, or one for each controller with version 1. */
final class Cgroup {
  private static final Logger log = LoggerFactory.getLogger(Cgroup.class);
  private static final int PERIOD_MICROS = 100_000;
  private static final Duration REMOVAL_PATIENCE = Duration.ofSeconds(2);

  private final Map<Controller, Home> folders;

  Cgroup(Map<Controller, Home> folders) {
    this.folders = folders;
  }

  private Stream<Path> directories() {
    return folders.values().stream().map(Home::directory).distinct();
  }

  void make(Limits limits) throws IOException {
    for (var directory : directories().toList()) {
      Files.createDirectory(directory);
    }
    for (var folder : folders.entrySet()) {
      var directory = folder.getValue().directory();
      var unified = folder.getValue().unified();
      switch (folder.getKey()) {
        case MEMORY -> limitMemory(directory, unified, limits.memoryBytes());
        case PIDS -> write(directory, "pids.max", limits.pids());
        case CPU -> limitCpu(directory, unified, limits.cpuPercent() * (PERIOD_MICROS / 100));
        case FREEZER -> {}
      }
    }
  }

  private static void limitMemory(Path directory, boolean unified, long bytes) throws IOException {
    write(directory, unified ? "memory.max" : "memory.limit_in_bytes", bytes);
    // no swap on top; kernels without swap accounting do not have the file
    if (unified) {
      writeIfThere(directory, "memory.swap.max", 0);
    } else {
      writeIfThere(directory, "memory.memsw.limit_in_bytes", bytes);
    }
  }

  private static void limitCpu(Path directory, boolean unified, int quota) throws IOException {
    if (unified) {
      write(directory, "cpu.max", quota + " " + PERIOD_MICROS);
    } else {
      write(directory, "cpu.cfs_period_us", PERIOD_MICROS);
      write(directory, "cpu.cfs_quota_us", quota);
    }
  }

  /** Files into which a process writes its number to be in this cgroup. */
  List<Path> joinFiles() {
    return directories().map(d -> d.resolve("cgroup.procs")).toList();
  }

  /** How many processes the kernel has killed in here for want of memory. */
  long oomKills() {
    var home = folders.get(Controller.MEMORY);
    if (home == null) {
      return 0;
    }
    var file = home.directory().resolve(home.unified() ? "memory.events" : "memory.oom_control");
    try (var lines = Files.lines(file)) {
      return lines
          .filter(l -> l.startsWith("oom_kill "))
          .mapToLong(l -> Long.parseLong(l.substring("oom_kill ".length()).strip()))
          .sum();
    } catch (IOException e) {
      return 0;
    }
  }

  boolean canFreeze() {
    return folders.containsKey(Controller.FREEZER);
  }

  void freeze(boolean frozen) throws IOException {
    var home = folders.get(Controller.FREEZER);
    if (home != null) {
      if (home.unified()) {
        write(home.directory(), "cgroup.freeze", frozen ? 1 : 0);
      } else {
        write(home.directory(), "freezer.state", frozen ? "FROZEN" : "THAWED");
      }
    }
  }

  /** Kills every process in here. Version 1 does not deliver the signal to what is frozen. */
  void kill() throws IOException {
    for (var home : List.copyOf(folders.values())) {
      try {
        killIn(home);
      } catch (NoSuchFileException e) {
        // a leftover of a node that had other hierarchies
      }
    }
  }

  private void killIn(Home home) throws IOException {
    if (Files.isDirectory(home.directory())) {
      if (canFreeze()) {
        thaw();
      }
      var all = home.directory().resolve("cgroup.kill");
      if (Files.exists(all)) {
        Files.writeString(all, "1");
      } else {
        for (var pid : Files.readAllLines(home.directory().resolve("cgroup.procs"))) {
          // 0 stands for a process that this pid namespace cannot see
          if (!pid.equals("0")) {
            ProcessHandle.of(Long.parseLong(pid)).ifPresent(ProcessHandle::destroyForcibly);
          }
        }
      }
    }
  }

  private void thaw() throws IOException {
    try {
      freeze(false);
    } catch (NoSuchFileException e) {
      // its freezer folder is gone already
    }
  }

  /** Kills what is left and removes the folders; the kernel refuses that while anything lives. */
  void remove() {
    var deadline = System.nanoTime() + REMOVAL_PATIENCE.toNanos();
    for (var directory : directories().toList()) {
      while (!removed(directory)) {
        if (System.nanoTime() > deadline) {
          log.warn("The cgroup {} still has processes; the next start removes it", directory);
          break;
        }
        try {
          kill();
        } catch (IOException e) {
          log.warn("Killing what is in {} failed", directory, e);
        }
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
      }
    }
  }

  private static boolean removed(Path directory) {
    try {
      Files.deleteIfExists(directory);
      return true;
    } catch (DirectoryNotEmptyException e) {
      return false;
    } catch (FileSystemException e) {
      // EBUSY has no exception of its own
      return false;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void write(Path directory, String file, long value) throws IOException {
    write(directory, file, Long.toString(value));
  }

  private static void write(Path directory, String file, String value) throws IOException {
    Files.writeString(directory.resolve(file), value);
  }

  private static void writeIfThere(Path directory, String file, long value) {
    try {
      write(directory, file, value);
    } catch (IOException e) {
      log.debug("{} cannot be set", file, e);
    }
  }
}
