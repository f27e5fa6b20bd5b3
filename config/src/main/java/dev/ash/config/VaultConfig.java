package dev.ash.config;

import com.typesafe.config.Config;
import java.net.URI;
import java.util.Optional;

/** Where secrets of the form {@code vault://mount/path#field} are read. */
public record VaultConfig(URI address, SecretConfig token) {

  static Optional<VaultConfig> from(Config c) {
    var address = c.getString("address");
    if (address.isEmpty()) {
      return Optional.empty();
    }
    Require.that(
        address.matches("https?://[^\\s/]+.*"), "VAULT_ADDR", address, "an http or https URL");
    var token = SecretConfig.from(c, "token");
    Require.that(
        token
            .filter(t -> t instanceof SecretConfig.Value || t instanceof SecretConfig.InFile)
            .isPresent(),
        "VAULT_ADDR",
        "set",
        "VAULT_TOKEN or VAULT_TOKEN_FILE too");
    return Optional.of(
        new VaultConfig(URI.create(address.replaceAll("/+$", "")), token.orElseThrow()));
  }
}
