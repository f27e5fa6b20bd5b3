package dev.ash.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** What Linux tells about processes: CPU time and memory. A process that is gone counts as none. */
final class Processes {
  /** The kernel's unit for times in /proc; the same on every Linux that Java runs on. */
  private static final double TICKS_PER_SECOND = 100;

  private Processes() {}

  /** Seconds of CPU, user and system, of these alone. */
  static double cpuSeconds(List<ProcessHandle> processes) {
    return processes.stream().mapToDouble(Processes::cpuSeconds).sum();
  }

  private static double cpuSeconds(ProcessHandle process) {
    var stat = read(process, "stat");
    var afterName = stat.substring(stat.lastIndexOf(')') + 1).strip().split(" ", -1);
    return afterName.length < 13
        ? 0
        : (Long.parseLong(afterName[11]) + Long.parseLong(afterName[12])) / TICKS_PER_SECOND;
  }

  /** Resident memory in MB. */
  static double residentMegabytes(ProcessHandle process) {
    return field(read(process, "status"), "VmRSS:") / 1024.0;
  }

  /** Memory in MB, what is shared divided among those who share it. NaN if this may not be read. */
  static double proportionalMegabytes(List<ProcessHandle> processes) {
    var kilobytes = processes.stream().mapToLong(p -> field(read(p, "smaps_rollup"), "Pss:")).sum();
    return kilobytes == 0 ? Double.NaN : kilobytes / 1024.0;
  }

  private static long field(String text, String name) {
    return text.lines()
        .filter(line -> line.startsWith(name))
        .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")))
        .findFirst()
        .orElse(0);
  }

  private static String read(ProcessHandle process, String file) {
    try {
      return Files.readString(Path.of("/proc", String.valueOf(process.pid()), file));
    } catch (IOException _) {
      return "";
    }
  }
}
