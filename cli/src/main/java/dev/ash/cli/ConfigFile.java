package dev.ash.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;

/**
 * The saved server and keys, {@code config.json} in the state folder. Only its owner may read it.
 * Fields it does not know are kept: another version may.
 */
final class ConfigFile {
  private static final String SERVER_URL = "server_url";
  private static final String API_KEY = "api_key";
  private static final String LOCAL_API_KEY = "local_api_key";

  private final Path file;

  ConfigFile(Path home) {
    this.file = home.resolve("config.json");
  }

  Path path() {
    return file;
  }

  Optional<String> serverUrl() {
    return text(SERVER_URL);
  }

  Optional<String> apiKey() {
    return text(API_KEY);
  }

  /** The key of the node on this machine, set aside while another server is connected. */
  Optional<String> localApiKey() {
    return serverUrl().isPresent() ? text(LOCAL_API_KEY) : apiKey();
  }

  /** Saves the key of the node on this machine; a connected server keeps its own. */
  void saveLocalKey(String key) {
    var config = read();
    config.put(config.path(SERVER_URL).isTextual() ? LOCAL_API_KEY : API_KEY, key);
    write(config);
  }

  /** Without a key none is sent: the one in use belongs to another server. */
  void connect(String url, Optional<String> key) {
    var config = read();
    if (!config.path(SERVER_URL).isTextual() && config.path(API_KEY).isTextual()) {
      config.set(LOCAL_API_KEY, config.path(API_KEY));
    }
    config.put(SERVER_URL, url);
    config.remove(API_KEY);
    key.ifPresent(value -> config.put(API_KEY, value));
    write(config);
  }

  /** Goes back to the node on this machine; says which server was left. */
  Optional<String> disconnect() {
    var left = serverUrl();
    if (left.isPresent()) {
      var config = read();
      config.remove(SERVER_URL);
      var local = config.remove(LOCAL_API_KEY);
      config.remove(API_KEY);
      if (local != null) {
        config.set(API_KEY, local);
      }
      write(config);
    }
    return left;
  }

  private Optional<String> text(String field) {
    return Optional.ofNullable(read().path(field).textValue()).filter(value -> !value.isBlank());
  }

  private ObjectNode read() {
    if (!Files.exists(file)) {
      return Json.object();
    }
    try {
      JsonNode tree = Json.parse(Files.readString(file));
      if (tree instanceof ObjectNode config) {
        return config;
      }
    } catch (IOException e) {
      throw new CliException(
          "config: " + file + " (expected: a readable file)", "The cause: " + e.getMessage(), e);
    }
    throw new CliException(
        "config: " + file + " (expected: a JSON object)", "Mend the file or remove it.");
  }

  private void write(ObjectNode config) {
    try {
      var folder = file.toAbsolutePath().getParent();
      Files.createDirectories(folder);
      Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx------"));
      // Created with its final mode and renamed: neither a torn file nor a moment of wide access.
      var next =
          Files.createTempFile(
              folder,
              "config",
              ".json",
              PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
      Files.writeString(next, Json.pretty(config) + "\n");
      Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
