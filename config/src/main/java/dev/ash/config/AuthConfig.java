package dev.ash.config;

import com.typesafe.config.Config;
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

  public AuthConfig {
    credentialKeys = List.copyOf(credentialKeys);
  }

  static AuthConfig from(Config c) {
    return new AuthConfig(
        secret(c, "api-key"),
        Lists.commaSeparated(c.getString("credential-key")).stream().map(Secret::new).toList(),
        secret(c, "internal-secret"));
  }

  static Optional<Secret> secret(Config c, String key) {
    return Optional.of(c.getString(key)).filter(s -> !s.isEmpty()).map(Secret::new);
  }
}
