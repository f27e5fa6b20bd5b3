package dev.ash.mcp;

import com.fasterxml.jackson.databind.JsonNode;
import dev.ash.client.GivenKey;
import dev.ash.protocol.json.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * Which server, with which key, by the rules of the command line client: the environment, then what
 * {@code ash connect} saved, then the node that was started here. The only place that reads them.
 *
 * @param mcpKey what callers over HTTP have to show
 */
record Settings(String serverUrl, Optional<String> apiKey, Optional<String> mcpKey) {
  private static final String DEFAULT_URL = "http://localhost:4100";

  static Settings read() {
    return from(System.getenv(), Path.of(System.getProperty("user.home", "/")));
  }

  static Settings from(Map<String, String> env, Path userHome) {
    var home = filled(env, "ASH_HOME").map(Path::of).orElse(userHome.resolve(".ash"));
    var saved = text(home.resolve("config.json")).flatMap(Json::parse);
    var url =
        filled(env, "ASH_SERVER_URL")
            .or(() -> field(saved, "server_url"))
            .or(() -> text(home.resolve("run").resolve("node.url")).map(String::strip))
            .filter(text -> !text.isEmpty())
            .orElse(DEFAULT_URL);
    return new Settings(
        url,
        GivenKey.of(env, "ASH_API_KEY").or(() -> field(saved, "api_key")),
        GivenKey.of(env, "ASH_MCP_KEY"));
  }

  /** Without the keys. */
  @Override
  public String toString() {
    return "Settings[" + serverUrl + "]";
  }

  private static Optional<String> filled(Map<String, String> env, String name) {
    return Optional.ofNullable(env.get(name)).map(String::strip).filter(text -> !text.isEmpty());
  }

  private static Optional<String> field(Optional<JsonNode> saved, String name) {
    return saved.map(config -> config.path(name).asText("")).filter(text -> !text.isBlank());
  }

  private static Optional<String> text(Path file) {
    try {
      return Files.isRegularFile(file) ? Optional.of(Files.readString(file)) : Optional.empty();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
