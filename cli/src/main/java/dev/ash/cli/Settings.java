package dev.ash.cli;

import dev.ash.client.GivenKey;
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

  static Settings read() {
    return from(System.getenv(), System::getProperty);
  }

  /** The launcher says what is a terminal: asking the JVM costs more than a whole command. */
  static Settings from(Map<String, String> env, Function<String, @Nullable String> properties) {
    var userHome = Path.of(Optional.ofNullable(properties.apply("user.home")).orElse("/"));
    return new Settings(
        filled(env, "ASH_SERVER_URL"),
        () -> apiKey(env),
        filled(env, "ASH_DATABASE_URL"),
        filled(env, "ASH_MANAGEMENT_URL"),
        filled(env, "ASH_INTERNAL_SECRET"),
        filled(env, "ASH_HOME").map(Path::of).orElse(userHome.resolve(".ash")),
        userHome,
        "terminal".equals(properties.apply("ash.out")),
        "terminal".equals(properties.apply("ash.err")),
        !env.containsKey("NO_COLOR"));
  }

  private static Optional<String> apiKey(Map<String, String> env) {
    try {
      return GivenKey.of(env, "ASH_API_KEY");
    } catch (IllegalArgumentException e) {
      throw new CliException(String.valueOf(e.getMessage()));
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
