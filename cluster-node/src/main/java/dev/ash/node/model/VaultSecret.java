package dev.ash.node.model;

import dev.ash.config.SecretConfig;
import dev.ash.config.VaultConfig;
import dev.ash.node.model.SecretSource.NoSecretException;
import dev.ash.protocol.json.Json;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.concurrent.CompletionStage;

/** A field of a secret in Vault. */
record VaultSecret(
    VaultConfig vault, SecretConfig.InVault at, SecretSource token, HttpClient client)
    implements KeptSecret.Store {
  private static final Duration ANSWER = Duration.ofSeconds(10);

  @Override
  public CompletionStage<String> read() {
    return token.get().thenCompose(this::ask);
  }

  private CompletionStage<String> ask(String credential) {
    var request =
        HttpRequest.newBuilder(
                URI.create(vault.address() + "/v1/" + at.mount() + "/data/" + at.path()))
            .timeout(ANSWER)
            .header("X-Vault-Token", credential)
            .build();
    return client
        .sendAsync(request, HttpResponse.BodyHandlers.ofString())
        .thenApply(
            response -> {
              if (response.statusCode() != 200) {
                throw new NoSecretException(place() + ": Vault answered " + response.statusCode());
              }
              return Json.parse(response.body())
                  .map(body -> body.path("data").path("data").path(at.field()))
                  .filter(field -> field.isTextual() && !field.textValue().isEmpty())
                  .orElseThrow(() -> new NoSecretException(place() + " is not in Vault"))
                  .textValue();
            });
  }

  @Override
  public String place() {
    return "vault://%s/%s#%s".formatted(at.mount(), at.path(), at.field());
  }

  @Override
  public String product() {
    return "Vault";
  }
}
