package dev.ash.node.model;

import dev.ash.config.SecretConfig;
import dev.ash.node.model.SecretSource.NoSecretException;
import dev.ash.node.model.VaultApi.Answer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** A field of a secret in Vault. */
record VaultSecret(VaultApi vault, SecretConfig.InVault at, SecretSource token)
    implements KeptSecret.Store {
  private static final int FORBIDDEN = 403;

  @Override
  public CompletionStage<String> read() {
    return token
        .get()
        .thenCompose(
            credential ->
                ask(credential)
                    .thenCompose(
                        answer ->
                            answer.status() == FORBIDDEN && token.refused(credential)
                                ? askWithAnother(credential, answer)
                                : CompletableFuture.completedStage(answer)))
        .thenApply(this::field);
  }

  /** The token may have been revoked, or replaced since it was read. */
  private CompletionStage<Answer> askWithAnother(String refused, Answer answer) {
    return token
        .get()
        .thenCompose(
            credential ->
                credential.equals(refused)
                    ? CompletableFuture.completedStage(answer)
                    : ask(credential));
  }

  private CompletionStage<Answer> ask(String credential) {
    return vault.get(at.mount() + "/data/" + at.path(), credential);
  }

  private String field(Answer answer) {
    if (!answer.isOk()) {
      throw new NoSecretException(place() + ": Vault answered " + answer.status());
    }
    var field = answer.body().path("data").path("data").path(at.field());
    if (!field.isTextual() || field.textValue().isEmpty()) {
      throw new NoSecretException(place() + " is not in Vault");
    }
    return field.textValue();
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
