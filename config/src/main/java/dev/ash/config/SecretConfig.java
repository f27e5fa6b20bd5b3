package dev.ash.config;

import com.typesafe.config.Config;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Where a secret is found. A text that begins with {@code vault://}, {@code aws-secret://} or
 * {@code file://} names a place; one that begins with {@code plain:} is what follows it; every
 * other one is the secret itself. So each text has one meaning, and each secret can be written.
 */
public sealed interface SecretConfig {
  Pattern VAULT = Pattern.compile("vault://([^/#]+)/([^#]+)#([^#]+)");
  Pattern AWS = Pattern.compile("aws-secret://([A-Za-z0-9:/_+=.@-]{1,2048})(?:#([^#]+))?");
  String FILE = "file://";
  String PLAIN = "plain:";
  Map<String, String> VARIABLES =
      Map.of(
          "api-key", "ANTHROPIC_API_KEY",
          "auth-token", "ANTHROPIC_AUTH_TOKEN",
          "client-secret", "ASH_MODEL_CLIENT_SECRET",
          "token", "VAULT_TOKEN",
          "role-id", "VAULT_ROLE_ID",
          "secret-id", "VAULT_SECRET_ID");

  /** The value itself. */
  record Value(Secret secret) implements SecretConfig {}

  /** A file that is read again for every use, so that it may be replaced at any time. */
  record InFile(Path path) implements SecretConfig {}

  /** A field of a secret in a KV version 2 engine of Vault. */
  record InVault(String mount, String path, String field) implements SecretConfig {}

  /**
   * A secret of AWS Secrets Manager.
   *
   * @param id its name or ARN
   * @param field of the JSON object it holds; without one the whole text is the secret
   */
  record InAws(String id, Optional<String> field) implements SecretConfig {}

  /** {@code key} and {@code key-file} name the same secret, so only one of them may be set. */
  static Optional<SecretConfig> from(Config c, String key) {
    var variable = VARIABLES.getOrDefault(key, key);
    var text = text(c, key);
    var file = text(c, key + "-file");
    Require.that(
        text.isEmpty() || file.isEmpty(),
        variable,
        "set, and so is " + variable + "_FILE",
        "only one of them");
    return file.<SecretConfig>map(f -> new InFile(Path.of(f)))
        .or(() -> text.map(t -> of(variable, t)));
  }

  /**
   * Reads one text. What is no well-formed place is not repeated: it could be a secret.
   *
   * @param name of the setting, for its error
   */
  static SecretConfig of(String name, String text) {
    if (text.startsWith(PLAIN)) {
      return new Value(new Secret(text.substring(PLAIN.length())));
    }
    if (text.startsWith(FILE)) {
      var path = text.substring(FILE.length());
      Require.that(
          path.matches("/[^\\x00-\\x1f]+"), name, "file:// and no path", "file:///absolute/path");
      return new InFile(Path.of(path));
    }
    if (text.startsWith("vault:")) {
      var match = VAULT.matcher(text);
      Require.that(match.matches(), name, "vault: and no place in it", "vault://mount/path#field");
      return new InVault(match.group(1), match.group(2), match.group(3));
    }
    if (text.startsWith("aws-secret:")) {
      var match = AWS.matcher(text);
      Require.that(
          match.matches(),
          name,
          "aws-secret: and no place in it",
          "aws-secret://name-or-arn or aws-secret://name-or-arn#field");
      return new InAws(match.group(1), Optional.ofNullable(match.group(2)));
    }
    return new Value(new Secret(text));
  }

  private static Optional<String> text(Config c, String key) {
    return c.hasPath(key)
        ? Optional.of(c.getString(key)).filter(s -> !s.isEmpty())
        : Optional.empty();
  }
}
