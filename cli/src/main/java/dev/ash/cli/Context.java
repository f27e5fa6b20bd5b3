package dev.ash.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Optional;

/** What a command works with. */
record Context(
    Settings settings, ConfigFile config, Terminal terminal, Pause pause, InstantSource clock) {
  private static final String DEFAULT_URL = "http://localhost:4100";

  /** The server the person means: the environment, then the connected one, then the local node. */
  AshServer server() {
    var url =
        settings
            .serverUrl()
            .or(config::serverUrl)
            .or(() -> localUrl(settings.home()))
            .orElse(DEFAULT_URL);
    return new AshServer(url, settings.apiKey().or(config::apiKey));
  }

  /** The node that {@code ash start} started, whatever else is connected. */
  AshServer localNode(String url) {
    return new AshServer(url, settings.apiKey().or(config::localApiKey));
  }

  SessionStream stream(AshServer server) {
    return new SessionStream(server, pause, terminal);
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
