package dev.ash.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.ash.client.http.Pause;
import dev.ash.client.http.RetryPolicy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Optional;

/**
 * What a command works with.
 *
 * @param secrets where a secret comes from that must not be an argument
 */
record Context(
    Settings settings,
    ConfigFile config,
    Terminal terminal,
    Secrets secrets,
    Pause pause,
    InstantSource clock) {
  private static final String DEFAULT_URL = "http://localhost:4100";

  /** The server the person means: the environment, then the connected one, then the local node. */
  Server server() {
    var url =
        settings
            .serverUrl()
            .or(config::serverUrl)
            .or(() -> localUrl(settings.home()))
            .orElse(DEFAULT_URL);
    return Server.of(url, settings.apiKey().get().or(config::apiKey), this);
  }

  /** The node that {@code ash start} started, whatever else is connected. */
  Server localNode(String url) {
    return Server.of(url, settings.apiKey().get().or(config::localApiKey), this);
  }

  /** A server that is asked once, because the command asks again itself or just wants to know. */
  Server once(String url, Optional<String> key) {
    return Server.of(url, key, RetryPolicy.NONE, this);
  }

  /** An answer as JSON on standard output; 0, the exit code of what went well. */
  int show(JsonNode answer) {
    terminal.println(Json.pretty(answer));
    return 0;
  }

  /** A line on standard output; 0, the exit code of what went well. */
  int say(String line) {
    terminal.println(line);
    return 0;
  }

  private static Optional<String> localUrl(Path home) {
    var file = home.resolve("run").resolve("node.url");
    try {
      return Files.isReadable(file)
          ? Optional.of(Files.readString(file).strip()).filter(url -> !url.isEmpty())
          : Optional.empty();
    } catch (IOException e) {
      return Optional.empty();
    }
  }
}
