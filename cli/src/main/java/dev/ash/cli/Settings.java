package dev.ash.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What the environment says. The only place that reads it.
 *
 * @param apiKey read when a server is asked: a file that cannot be read is nothing to a command
 *     that asks none
 * @param managementUrl of the node that {@code ash cluster} asks
 * @param home the folder that keeps this installation's state
 * @param userHome for writing paths as a person does, with a tilde
 * @param color whether the caller wants colour where there is a terminal
 */
record Settings(
    Optional<String> serverUrl,
    Supplier<Optional<String>> apiKey,
    Optional<String> databaseUrl,
    Optional<String> managementUrl,
    Optional<String> internalSecret,
    Path home,
    Path userHome,
    boolean outIsTerminal,
    boolean errIsTerminal,
    boolean color) {

  private static final int MAX_SECRET = 4_096;

  static Settings read() {
    return from(System.getenv(), System::getProperty);
  }

  /** The launcher says what is a terminal: asking the JVM costs more than a whole command. */
  static Settings from(Map<String, String> env, Function<String, @Nullable String> properties) {
    var userHome = Path.of(Optional.ofNullable(properties.apply("user.home")).orElse("/"));
    return new Settings(
        filled(env, "ASH_SERVER_URL"),
        () -> secret(env, "ASH_API_KEY"),
        filled(env, "ASH_DATABASE_URL"),
        filled(env, "ASH_MANAGEMENT_URL"),
        filled(env, "ASH_INTERNAL_SECRET"),
        filled(env, "ASH_HOME").map(Path::of).orElse(userHome.resolve(".ash")),
        userHome,
        "terminal".equals(properties.apply("ash.out")),
        "terminal".equals(properties.apply("ash.err")),
        !env.containsKey("NO_COLOR"));
  }

  /** From the variable, or from the file that the one with {@code _FILE} behind it names. */
  private static Optional<String> secret(Map<String, String> env, String name) {
    var text = filled(env, name);
    var file = filled(env, name + "_FILE");
    if (file.isEmpty()) {
      return text;
    }
    if (text.isPresent()) {
      throw new CliException(
          name + ": set, and so is " + name + "_FILE (expected: only one of them)");
    }
    return Optional.of(content(name + "_FILE", Path.of(file.get())));
  }

  private static String content(String name, Path file) {
    var trouble = "cannot be read";
    try {
      var bytes = firstBytes(file);
      if (bytes.length <= MAX_SECRET) {
        var text = new String(bytes, UTF_8).strip();
        if (!text.isEmpty()) {
          return text;
        }
        trouble = "is empty";
      } else {
        trouble = "is too long";
      }
    } catch (IOException _) {
      // Said below.
    }
    throw new CliException(
        name + ": " + file + " " + trouble + " (expected: a file with nothing but the key)");
  }

  /** A device or a pipe says that it has no bytes, and has no end. */
  private static byte[] firstBytes(Path file) throws IOException {
    try (var in = Files.newInputStream(file)) {
      return in.readNBytes(MAX_SECRET + 1);
    }
  }

  private static Optional<String> filled(Map<String, String> env, String name) {
    return Optional.ofNullable(env.get(name)).map(String::strip).filter(text -> !text.isEmpty());
  }

  /** The path with the person's home folder written as a tilde. */
  String shortened(Path path) {
    return path.startsWith(userHome) && !userHome.equals(path.getRoot())
        ? "~/" + userHome.relativize(path)
        : path.toString();
  }
}
