package dev.ash.node.model;

import dev.ash.config.AwsConfig;
import dev.ash.config.SecretConfig;
import dev.ash.config.VaultConfig;
import java.net.http.HttpClient;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Executor;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.secretsmanager.SecretsManagerClient;

/** The places secrets come from. */
final class SecretStores implements AutoCloseable {
  private static final Duration ANSWER = Duration.ofSeconds(10);

  private final Optional<VaultConfig> vault;
  private final AwsConfig aws;
  private final Executor threads;
  private Optional<DefaultCredentialsProvider> awsChain = Optional.empty();
  private Optional<SecretsManagerClient> secretsManager = Optional.empty();

  /**
   * Connects to nobody yet.
   *
   * @param threads may block
   */
  SecretStores(Optional<VaultConfig> vault, AwsConfig aws, Executor threads) {
    this.vault = vault;
    this.aws = aws;
    this.threads = threads;
  }

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
        yield new KeptSecret(
            new VaultSecret(at, place, source(at.token(), client), client), System::nanoTime);
      }
      case SecretConfig.InAws place ->
          new KeptSecret(new AwsSecret(place, secretsManager(), threads), System::nanoTime);
    };
  }

  /** One for all, which looks for its credentials when it is first asked. */
  private synchronized SecretsManagerClient secretsManager() {
    var made = secretsManager.orElseGet(this::makeSecretsManager);
    secretsManager = Optional.of(made);
    return made;
  }

  private SecretsManagerClient makeSecretsManager() {
    var region =
        aws.region()
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        "AWS_REGION: not set (expected: where aws-secret:// secrets are)"));
    var builder =
        SecretsManagerClient.builder()
            .region(Region.of(region))
            .credentialsProvider(awsCredentials())
            .httpClientBuilder(UrlConnectionHttpClient.builder())
            .overrideConfiguration(c -> c.apiCallTimeout(ANSWER));
    aws.secretsEndpoint().ifPresent(builder::endpointOverride);
    return builder.build();
  }

  /** What AWS's own programs would use here; looked for when it is first asked for. */
  synchronized AwsCredentialsProvider awsCredentials() {
    var made = awsChain.orElseGet(() -> DefaultCredentialsProvider.builder().build());
    awsChain = Optional.of(made);
    return made;
  }

  @Override
  public synchronized void close() {
    secretsManager.ifPresent(SecretsManagerClient::close);
    awsChain.ifPresent(DefaultCredentialsProvider::close);
  }
}
