package dev.ash.node.gateways;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** What {@code ./ash test --all} fetches for these tests (launcher/testtools.sh). */
final class TestTools {
  static final Path TEMPLATES = Path.of("..", "deploy", "gateways").toAbsolutePath().normalize();

  private static final Path GATEWAY =
      Path.of("..", "gateway", "target").toAbsolutePath().normalize();

  /** What a command said and its exit code. */
  record Ran(int code, String out) {}

  private TestTools() {}

  /** Skips the test where the folder of the tools' cache is missing. */
  static Path folder(String name) {
    var tools =
        Optional.ofNullable(System.getenv("ASH_TOOLS"))
            .map(Path::of)
            .orElseGet(() -> Path.of(System.getProperty("user.home"), ".cache", "ash"));
    var folder = tools.resolve(name);
    assumeTrue(Files.isDirectory(folder), folder + " is missing; ./ash test --all fetches it");
    return folder;
  }

  /** Skips the test where the program cannot be run. */
  static void require(String program, String option) throws InterruptedException {
    var found = false;
    try {
      found = run(List.of(program, option)).code() == 0;
    } catch (IOException _) {
      // not there
    }
    assumeTrue(found, program + " is not installed; ./ash test --all installs it for root");
  }

  /** The gateway tools as a user runs them. */
  static List<String> gateway(String... args) {
    var command = new ArrayList<String>();
    command.add(java());
    command.addAll(List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp"));
    command.add(GATEWAY.resolve("classes") + File.pathSeparator + GATEWAY.resolve("lib") + "/*");
    command.add("dev.ash.gateway.Main");
    command.add("gateway");
    command.addAll(List.of(args));
    return command;
  }

  private static String java() {
    return Path.of(System.getProperty("java.home"), "bin", "java").toString();
  }

  static Ran run(List<String> command) throws IOException, InterruptedException {
    var process = new ProcessBuilder(command).redirectErrorStream(true).start();
    try (var out = process.getInputStream()) {
      process.getOutputStream().close();
      var text = new String(out.readAllBytes(), UTF_8);
      if (!process.waitFor(60, TimeUnit.SECONDS)) {
        throw new IOException(command.getFirst() + " does not end");
      }
      return new Ran(process.exitValue(), text);
    } finally {
      process.destroyForcibly();
    }
  }
}
