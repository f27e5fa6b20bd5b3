package dev.ash.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.spi.ToolProvider;

/** A copy of the repository's launcher and scripts, with the gateway of this very build in it. */
record Checkout(Path folder) {
  static final Path REPOSITORY = Path.of("..").toAbsolutePath().normalize();
  private static final Path CLASSES = Path.of("target", "classes").toAbsolutePath();

  /** What a script said, on both streams, and its exit code. */
  record Ran(int code, String output) {}

  static Checkout in(Path folder) throws IOException {
    for (var part : List.of("launcher", "scripts", "tests")) {
      Files.createDirectories(folder.resolve(part));
      try (var files = Files.list(REPOSITORY.resolve(part))) {
        for (var file : files.filter(Files::isRegularFile).toList()) {
          copy(file, folder.resolve(part));
        }
      }
    }
    copy(REPOSITORY.resolve("ash"), folder);
    Files.createSymbolicLink(folder.resolve("deploy"), REPOSITORY.resolve("deploy"));
    var version =
        Files.readAllLines(folder.resolve("ash")).stream()
            .filter(line -> line.startsWith("version="))
            .findFirst()
            .orElseThrow()
            .substring("version=".length());
    var lib = Files.createDirectories(folder.resolve("gateway/target/lib"));
    jar(lib.resolveSibling("ash-gateway-" + version + ".jar"), CLASSES);
    var number = 0;
    for (var entry : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
      var path = Path.of(entry).toAbsolutePath();
      var inLib = lib.resolve("%03d.jar".formatted(number++));
      if (path.getFileName().toString().endsWith(".jar") && Files.exists(path)) {
        Files.createSymbolicLink(inLib, path);
      } else if (Files.isDirectory(path) && !path.equals(CLASSES) && !entry.contains("test-")) {
        jar(inLib, path);
      }
    }
    return new Checkout(folder);
  }

  private static void copy(Path file, Path folder) throws IOException {
    Files.copy(
        file, folder.resolve(file.getFileName()), java.nio.file.StandardCopyOption.COPY_ATTRIBUTES);
  }

  private static void jar(Path file, Path classes) {
    var tool = ToolProvider.findFirst("jar").orElseThrow();
    var silent = new PrintWriter(java.io.Writer.nullWriter());
    assertThat(
            tool.run(
                silent,
                silent,
                "--create",
                "--file",
                file.toString(),
                "-C",
                classes.toString(),
                "."))
        .isZero();
  }

  /** Runs a command in this folder; no proxy and no token but those given. */
  Ran run(Map<String, String> more, String... command) throws IOException, InterruptedException {
    var builder = new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true);
    var environment = builder.environment();
    environment
        .keySet()
        .removeIf(
            name ->
                name.toLowerCase(Locale.ROOT).endsWith("_proxy")
                    || name.startsWith("ANTHROPIC_")
                    || name.startsWith("ASH_"));
    environment.put("HOME", folder.toString());
    environment.put("JAVA_HOME", System.getProperty("java.home"));
    environment.put("ASH_BUILD", "never");
    environment.putAll(more);
    var process = builder.start();
    var output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    return new Ran(process.exitValue(), output);
  }

  /** Whether a program is there to be run. */
  static boolean has(String program) {
    return Arrays.stream(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator, -1))
        .anyMatch(entry -> Files.isExecutable(Path.of(entry, program)));
  }
}
