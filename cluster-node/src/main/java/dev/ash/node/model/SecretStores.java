package dev.ash.node.model;

import dev.ash.config.SecretConfig;
import dev.ash.config.VaultConfig;
import java.net.http.HttpClient;
import java.util.Optional;
import java.util.concurrent.Executor;

/**
 * The places secrets come from.
 *
 * @param threads read files; they may block
 */
record SecretStores(Optional<VaultConfig> vault, Executor threads) {

  /** Reads nothing yet. */
  SecretSource source(SecretConfig config, HttpClient client) {
    return switch (config) {
      case SecretConfig.Value(var secret) -> new SecretSource.Fixed(secret.reveal());
      case SecretConfig.InFile(var path) -> new SecretSource.InFile(path, threads);
      case SecretConfig.InVault place -> {
        var at =
            vault.orElseThrow(
                () ->
                    new IllegalArgumentException(
                        "VAULT_ADDR: not set (expected: where vault:// secrets are read)"));
        yield new VaultSecret(at, place, source(at.token(), client), client);
      }
    };
  }
}
