package dev.ash.config;

import com.typesafe.config.Config;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Pattern;

/** Where a secret is found. */
public sealed interface SecretConfig {
  Pattern VAULT = Pattern.compile("vault://([^/#]+)/([^#]+)#([^#]+)");

  /** The value itself. */
  record Value(Secret secret) implements SecretConfig {}

  /** A file that is read again for every use, so that it may be replaced at any time. */
  record InFile(Path path) implements SecretConfig {}

  /** A field of a secret in a KV version 2 engine of Vault. */
  record InVault(String mount, String path, String field) implements SecretConfig {}

  /** {@code key} and {@code key-file} name the same secret, so only one of them may be set. */
  static Optional<SecretConfig> from(Config c, String key) {
    var text = text(c, key);
    var file = text(c, key + "-file");
    Require.that(
        text.isEmpty() || file.isEmpty(),
        "ash.model." + key,
        "set, and so is " + key + "-file",
        "only one of them");
    return file.<SecretConfig>map(f -> new InFile(Path.of(f))).or(() -> text.map(SecretConfig::of));
  }

  private static SecretConfig of(String text) {
    if (!text.startsWith("vault:")) {
      return new Value(new Secret(text));
    }
    var match = VAULT.matcher(text);
    Require.that(match.matches(), "secret", text, "vault://mount/path#field");
    return new InVault(match.group(1), match.group(2), match.group(3));
  }

  private static Optional<String> text(Config c, String key) {
    return c.hasPath(key)
        ? Optional.of(c.getString(key)).filter(s -> !s.isEmpty())
        : Optional.empty();
  }
}
