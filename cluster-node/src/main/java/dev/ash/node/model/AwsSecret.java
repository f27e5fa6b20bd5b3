package dev.ash.node.model;

import dev.ash.config.SecretConfig;
import dev.ash.node.model.SecretSource.NoSecretException;
import dev.ash.protocol.json.Json;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.services.secretsmanager.SecretsManagerClient;

/**
 * A secret of AWS Secrets Manager, or one field of it.
 *
 * @param threads block while it answers
 */
record AwsSecret(SecretConfig.InAws at, SecretsManagerClient client, Executor threads)
    implements KeptSecret.Store {

  @Override
  public CompletionStage<String> read() {
    return CompletableFuture.supplyAsync(this::ask, threads);
  }

  private String ask() {
    try {
      var text =
          Optional.ofNullable(client.getSecretValue(r -> r.secretId(at.id())).secretString());
      return text.flatMap(this::field)
          .filter(value -> !value.isEmpty())
          .orElseThrow(
              () -> new NoSecretException(place() + " holds no text, or none of that field"));
    } catch (AwsServiceException e) {
      // Its message can quote what was sent.
      var code = e.awsErrorDetails() == null ? null : e.awsErrorDetails().errorCode();
      throw new NoSecretException(
          "%s: AWS answered %d%s"
              .formatted(
                  place(),
                  e.statusCode(),
                  code != null && code.matches("[A-Za-z]{1,80}") ? " " + code : ""));
    } catch (SdkClientException e) {
      throw new NoSecretException(
          "%s: AWS could not be asked (%s; are its endpoint and credentials there?)"
              .formatted(place(), e.getClass().getSimpleName()));
    }
  }

  private Optional<String> field(String text) {
    return at.field()
        .map(
            name ->
                Json.parse(text)
                    .map(json -> json.path(name))
                    .filter(value -> value.isTextual())
                    .map(value -> value.textValue()))
        .orElseGet(() -> Optional.of(text.strip()));
  }

  @Override
  public String place() {
    return "aws-secret://" + at.id() + at.field().map(f -> "#" + f).orElse("");
  }

  @Override
  public String product() {
    return "AWS";
  }
}
