package dev.ash.node.model;

import dev.ash.config.SecretConfig;
import dev.ash.config.VaultConfig;
import dev.ash.protocol.json.Json;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A field of a secret in Vault, kept for a minute. While Vault does not answer the last value
 * stands.
 */
final class VaultSecret implements SecretSource {
  private static final Logger LOG = LoggerFactory.getLogger(VaultSecret.class);
  private static final Duration KEPT = Duration.ofMinutes(1);
  private static final Duration ANSWER = Duration.ofSeconds(10);

  private final VaultConfig vault;
  private final SecretConfig.InVault place;
  private final SecretSource token;
  private final HttpClient client;
  private Optional<Kept> kept = Optional.empty();

  private record Kept(String value, long until) {}

  VaultSecret(
      VaultConfig vault, SecretConfig.InVault place, SecretSource token, HttpClient client) {
    this.vault = vault;
    this.place = place;
    this.client = client;
    this.token = token;
  }

  @Override
  public synchronized CompletionStage<String> get() {
    if (kept.isPresent() && kept.get().until() - System.nanoTime() > 0) {
      return CompletableFuture.completedStage(kept.get().value());
    }
    return token
        .get()
        .thenCompose(this::ask)
        .handle(
            (value, failure) -> {
              if (failure == null) {
                keep(value);
                return value;
              }
              return last(failure);
            });
  }

  private CompletionStage<String> ask(String credential) {
    var request =
        HttpRequest.newBuilder(
                URI.create(vault.address() + "/v1/" + place.mount() + "/data/" + place.path()))
            .timeout(ANSWER)
            .header("X-Vault-Token", credential)
            .build();
    return client
        .sendAsync(request, HttpResponse.BodyHandlers.ofString())
        .thenApply(
            response -> {
              if (response.statusCode() != 200) {
                throw new NoSecretException(name() + ": Vault answered " + response.statusCode());
              }
              return Json.parse(response.body())
                  .map(body -> body.path("data").path("data").path(place.field()))
                  .filter(field -> field.isTextual() && !field.textValue().isEmpty())
                  .orElseThrow(() -> new NoSecretException(name() + " is not in Vault"))
                  .textValue();
            });
  }

  private synchronized void keep(String value) {
    kept = Optional.of(new Kept(value, System.nanoTime() + KEPT.toNanos()));
  }

  private synchronized String last(Throwable failure) {
    var cause = failure.getCause() == null ? failure : failure.getCause();
    var known =
        cause instanceof NoSecretException none
            ? none
            : new NoSecretException(
                name() + ": Vault did not answer (" + cause.getClass().getSimpleName() + ")");
    if (kept.isEmpty()) {
      throw known;
    }
    LOG.warn("{}; the last value is used", known.getMessage());
    return kept.get().value();
  }

  private String name() {
    return "vault://%s/%s#%s".formatted(place.mount(), place.path(), place.field());
  }

  @Override
  public synchronized boolean refused(String value) {
    if (kept.filter(k -> k.value().equals(value)).isPresent()) {
      kept = Optional.of(new Kept(value, System.nanoTime()));
    }
    return true;
  }
}
