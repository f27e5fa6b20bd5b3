package dev.ash.bridge;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Starts programs each in a session of its own, and kills them with all they started: a child that
 * was left behind by its parent still carries the session's number.
 */
final class ProcessTree {
  private static final Path PROC = Path.of("/proc");
  private static final int ROUNDS = 50;
  private static final List<String> SETSID =
      List.of("/usr/bin/setsid", "/bin/setsid").stream()
          .filter(path -> Files.isExecutable(Path.of(path)))
          .limit(1)
          .toList();

  private final Set<Long> sessions = ConcurrentHashMap.newKeySet();

  /** Starts a program with pipes for its output and nothing of the bridge's environment. */
  Process start(
      List<String> command,
      Map<String, String> environment,
      Path folder,
      ProcessBuilder.Redirect in)
      throws IOException {
    var full = new ArrayList<>(SETSID);
    full.addAll(command);
    var builder = new ProcessBuilder(full).directory(folder.toFile()).redirectInput(in);
    builder.environment().clear();
    builder.environment().putAll(environment);
    var process = builder.start();
    sessions.add(process.pid());
    return process;
  }

  /** Kills a program and everything in its session, whether it still runs or not. */
  void kill(Process process) {
    var left = process.descendants().toList();
    // Not Process.destroyForcibly(): that closes the pipes, and what the program said last is lost.
    process.toHandle().destroyForcibly();
    left.forEach(ProcessHandle::destroyForcibly);
    killSessions(Set.of(process.pid()));
    sessions.remove(process.pid());
  }

  /** Kills whatever was ever started here. */
  void killAll() {
    ProcessHandle.current().descendants().forEach(ProcessHandle::destroyForcibly);
    killSessions(new HashSet<>(sessions));
  }

  private static void killSessions(Set<Long> killed) {
    for (int round = 0; round < ROUNDS; round++) {
      var members = members(killed);
      if (members.isEmpty()) {
        return;
      }
      members.forEach(ProcessHandle::destroyForcibly);
      // A process that is being killed is still listed for a moment.
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(2));
    }
  }

  private static List<ProcessHandle> members(Set<Long> sessions) {
    var members = new ArrayList<ProcessHandle>();
    try (var entries = Files.newDirectoryStream(PROC, "[0-9]*")) {
      for (var entry : entries) {
        if (sessions.contains(sessionOf(entry))) {
          ProcessHandle.of(Long.parseLong(entry.getFileName().toString())).ifPresent(members::add);
        }
      }
    } catch (IOException | DirectoryIteratorException e) {
      return members;
    }
    return members;
  }

  /** The session's number; -1 when the process is gone or only its entry is left. */
  private static long sessionOf(Path entry) {
    String stat;
    try {
      stat = Files.readString(entry.resolve("stat"), StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      return -1;
    }
    // pid (name) state parent group session ..., where the name may hold anything.
    var fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", 5);
    return fields[0].equals("Z") || fields[0].equals("X") ? -1 : Long.parseLong(fields[3]);
  }
}
