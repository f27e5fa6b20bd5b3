package dev.ash.config;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.typesafe.config.Config;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * The {@code ash.auth} section.
 *
 * @param apiKey the environment's key; empty lets the node generate one at its first start
 * @param credentialKeys master keys of stored secrets and of the hashes of API keys: the first is
 *     used for what is new, each for what was stored with it. Empty stores no secret, and hashes
 *     keys with plain SHA-256
 * @param internalSecret guards {@code /api/internal}; empty means nobody gets in
 */
public record AuthConfig(
    Optional<Secret> apiKey, List<Secret> credentialKeys, Optional<Secret> internalSecret) {

  private static final String FILE = "ASH_API_KEY_FILE";
  private static final int MAX_FILE = 4_096;

  public AuthConfig {
    credentialKeys = List.copyOf(credentialKeys);
  }

  static AuthConfig from(Config c) {
    return new AuthConfig(
        apiKey(c),
        Lists.commaSeparated(c.getString("credential-key")).stream().map(Secret::new).toList(),
        secret(c, "internal-secret"));
  }

  /** Read once: the key of an environment is that of the node's start. */
  private static Optional<Secret> apiKey(Config c) {
    var text = secret(c, "api-key");
    var file = c.getString("api-key-file");
    Require.that(
        text.isEmpty() || file.isEmpty(),
        "ASH_API_KEY",
        "set, and so is ASH_API_KEY_FILE",
        "only one of them");
    return file.isEmpty() ? text : Optional.of(new Secret(content(Path.of(file))));
  }

  private static String content(Path file) {
    var text = "";
    // A device or a pipe says that it has no bytes, and has no end.
    try (var in = Files.newInputStream(file)) {
      var bytes = in.readNBytes(MAX_FILE + 1);
      Require.that(
          bytes.length <= MAX_FILE, FILE, file + " is too long", "a file with nothing but a key");
      text = new String(bytes, UTF_8).strip();
    } catch (IOException e) {
      Require.that(false, FILE, file + " cannot be read", "a file with a key");
    }
    Require.that(!text.isEmpty(), FILE, file + " is empty", "a file with a key");
    return text;
  }

  static Optional<Secret> secret(Config c, String key) {
    return Optional.of(c.getString(key)).filter(s -> !s.isEmpty()).map(Secret::new);
  }
}
