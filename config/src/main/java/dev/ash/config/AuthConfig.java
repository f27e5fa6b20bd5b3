package dev.ash.config;

import com.typesafe.config.Config;
import java.util.Optional;

/**
 * The {@code ash.auth} section.
 *
 * @param apiKey the environment's key; empty lets the node generate one at its first start
 * @param credentialKey keys the hashes of API keys; empty means plain SHA-256
 * @param internalSecret guards {@code /api/internal}; empty means nobody gets in
 */
public record AuthConfig(
    Optional<Secret> apiKey, Optional<Secret> credentialKey, Optional<Secret> internalSecret) {

  static AuthConfig from(Config c) {
    return new AuthConfig(
        secret(c, "api-key"), secret(c, "credential-key"), secret(c, "internal-secret"));
  }

  static Optional<Secret> secret(Config c, String key) {
    return Optional.of(c.getString(key)).filter(s -> !s.isEmpty()).map(Secret::new);
  }
}
