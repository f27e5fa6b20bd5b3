package dev.ash.node.model;

import dev.ash.config.AwsConfig;
import dev.ash.config.SecretConfig;
import dev.ash.config.VaultConfig;
import java.net.http.HttpClient;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
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
  private final Map<HttpClient, SecretSource> vaultTokens = new HashMap<>();
  private final List<VaultLogin> logins = new ArrayList<>();
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
            new VaultSecret(new VaultApi(at, client), place, vaultToken(at, client)),
            System::nanoTime);
      }
      case SecretConfig.InAws place ->
          new KeptSecret(new AwsSecret(place, secretsManager(), threads), System::nanoTime);
    };
  }

  /** One login for each model server's way (trust, proxy), and so for all its secrets. */
  private synchronized SecretSource vaultToken(VaultConfig at, HttpClient client) {
    return vaultTokens.computeIfAbsent(
        client,
        _ ->
            switch (at.login()) {
              case VaultConfig.Login.Token(var token) -> source(token, client);
              case VaultConfig.Login.AppRole(var mount, var roleId, var secretId) ->
                  login(
                      at,
                      client,
                      new VaultAuth.AppRole(
                          mount, source(roleId, client), source(secretId, client)));
              case VaultConfig.Login.Kubernetes(var mount, var role, var token) ->
                  login(
                      at,
                      client,
                      new VaultAuth.Kubernetes(
                          mount, role, new SecretSource.InFile(token, threads)));
            });
  }

  private VaultLogin login(VaultConfig at, HttpClient client, VaultAuth.Way way) {
    var login =
        new VaultLogin(
            new VaultAuth(new VaultApi(at, client), way, System::nanoTime),
            System::nanoTime,
            VaultLogin.Timer.on(threads));
    logins.add(login);
    return login;
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
    logins.forEach(VaultLogin::close);
    secretsManager.ifPresent(SecretsManagerClient::close);
    awsChain.ifPresent(DefaultCredentialsProvider::close);
  }
}
