package dev.ash.node.sandbox;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** Another JVM that starts a sandbox; tests kill it, or run it as another user. */
final class OtherNode {
  private OtherNode() {}

  /** Arguments: data folder, bridge home, {@code frozen} or {@code running}, shell commands. */
  public static void main(String[] args) throws Exception {
    try (var sandboxes =
        Fixture.open(Path.of(args[0]), Path.of(args[1]), Map.of("ash.sandbox.pids", 64))) {
      var sandbox = sandboxes.start(Fixture.spec());
      var top = ((RunningSandbox) sandbox).process().pid();
      var below =
          ProcessHandle.of(top).orElseThrow().descendants().map(ProcessHandle::pid).toList();
      System.out.println("pids " + top + " " + below.toString().replaceAll("[\\[\\],]", ""));
      System.out.println("limits " + sandboxes.isolation().limits());
      for (var command : Arrays.asList(args).subList(3, args.length)) {
        System.out.println(StandIn.run(sandbox, command).output());
      }
      if (args[2].equals("frozen")) {
        sandbox.freeze();
      }
      System.out.println("done");
      // until the test has seen enough
      var _ = System.in.read();
      sandbox.close();
    }
  }

  /** Copies what another user needs of our class path, and gives the new one. */
  static String classPath(Path folder) throws IOException {
    var entries = new ArrayList<String>();
    for (var entry : System.getProperty("java.class.path").split(":", -1)) {
      var path = Path.of(entry);
      var name = path.getFileName().toString();
      if (Files.isDirectory(path)) {
        var target = folder.resolve("classes-" + entries.size());
        try (var files = Files.walk(path)) {
          for (var file : files.toList()) {
            var copy = target.resolve(path.relativize(file).toString());
            if (Files.isDirectory(file)) {
              Files.createDirectories(copy);
            } else {
              Files.copy(file, copy);
            }
          }
        }
        entries.add(target.toString());
      } else if (name.matches(
          "(config|ash-.*|slf4j-api|logback-.*|junit-jupiter-api|opentest4j|junit-platform-commons)[-0-9.]*(-SNAPSHOT)?\\.jar")) {
        entries.add(Files.copy(path, folder.resolve(name)).toString());
      }
    }
    return String.join(":", entries);
  }

  static Process start(List<String> prefix, String classPath, String... args) throws IOException {
    var command = new ArrayList<>(prefix);
    command.add(System.getProperty("java.home") + "/bin/java");
    command.addAll(List.of("-Xmx64m", "-XX:+UseSerialGC", "-cp", classPath));
    command.add(OtherNode.class.getName());
    command.addAll(List.of(args));
    var builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("HOME", "/nonexistent");
    // It may lie where only root can look.
    builder.environment().remove("CLAUDE_CODE_EXECUTABLE");
    return builder.start();
  }

  /** What it prints until it is done. */
  static List<String> report(Process process) throws IOException {
    var lines = new ArrayList<String>();
    var in =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    for (var line = in.readLine(); line != null && !line.equals("done"); line = in.readLine()) {
      lines.add(line);
    }
    return lines;
  }

  static List<ProcessHandle> processes(List<String> report) {
    return report.stream()
        .filter(l -> l.startsWith("pids "))
        .flatMap(l -> Arrays.stream(l.substring("pids ".length()).split(" ", -1)))
        .flatMap(pid -> ProcessHandle.of(Long.parseLong(pid)).stream())
        .toList();
  }
}
