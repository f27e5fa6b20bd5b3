package dev.ash.cli;

import dev.ash.client.http.Pause;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;

/** Runs command lines in this JVM with a home, an environment and a clock of their own. */
final class Rig {
  private final Map<String, String> env = new HashMap<>();
  private final Map<String, String> properties = new HashMap<>();
  private String stdin = "";
  private final AtomicReference<Instant> now =
      new AtomicReference<>(Instant.parse("2026-01-01T00:00:00Z"));

  Rig(Path home) {
    env.put("ASH_HOME", home.resolve(".ash").toString());
    properties.put("user.home", home.toString());
  }

  record Result(int exit, String out, String err) {}

  Rig env(String name, String value) {
    env.put(name, value);
    return this;
  }

  Rig property(String name, String value) {
    properties.put(name, value);
    return this;
  }

  /** What comes on standard input. */
  Rig stdin(String text) {
    stdin = text;
    return this;
  }

  /** The server that commands go to. */
  Rig server(StubServer server) {
    return env("ASH_SERVER_URL", server.url()).env("ASH_API_KEY", "ash_test");
  }

  ConfigFile config() {
    return new ConfigFile(settings().home());
  }

  Settings settings() {
    return Settings.from(env, properties::get);
  }

  Result run(String... args) {
    var out = new ByteArrayOutputStream();
    var err = new ByteArrayOutputStream();
    var settings = settings();
    var terminal =
        new Terminal(
            new PrintStream(out, false, StandardCharsets.UTF_8),
            new PrintStream(err, false, StandardCharsets.UTF_8),
            settings);
    InstantSource clock = now::get;
    // Waiting moves the clock and nothing else.
    Pause pause = duration -> now.updateAndGet(instant -> instant.plus(duration));
    var exit = Ash.run(new Context(settings, config(), terminal, _ -> stdin, pause, clock), args);
    return new Result(
        exit, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
  }
}
