package dev.ash.node.model;

import dev.ash.config.AwsConfig;
import dev.ash.config.BudgetConfig;
import dev.ash.config.CredentialConfig;
import dev.ash.config.ModelConfig;
import dev.ash.config.PriceConfig;
import dev.ash.config.ProviderConfig;
import dev.ash.config.Secret;
import dev.ash.config.SecretConfig;
import dev.ash.config.UpstreamConfig;
import java.net.URI;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Settings of the model proxy for tests. */
final class ModelConfigs {
  /** A millionth of a dollar a token of input, two of output. */
  static final PriceConfig PRICE = new PriceConfig("*", 1, 2, 1.25, 2, 0.1);

  private ModelConfigs() {}

  static ModelConfig of(UpstreamConfig upstream, Duration timeout) {
    return of(List.of(upstream), timeout, List.of());
  }

  static ModelConfig of(
      List<UpstreamConfig> upstreams, Duration timeout, List<BudgetConfig> budgets) {
    return new ModelConfig(
        upstreams,
        List.of(),
        Optional.empty(),
        AwsConfig.NONE,
        timeout,
        Duration.ofSeconds(15),
        List.of(PRICE),
        budgets);
  }

  static CredentialConfig credential(Optional<String> key, Optional<String> token) {
    return new CredentialConfig(
        key.map(k -> new SecretConfig.Value(new Secret(k))),
        token.map(t -> new SecretConfig.Value(new Secret(t))),
        Optional.empty());
  }

  private static Map<String, SecretConfig> custom(Map<String, Secret> headers) {
    var custom = new LinkedHashMap<String, SecretConfig>();
    headers.forEach((name, value) -> custom.put(name, new SecretConfig.Value(value)));
    return custom;
  }

  /** A server that wants no key and takes every call. */
  static UpstreamConfig upstream(String name, String url) {
    return upstream(name, url, Optional.empty(), Optional.empty(), Map.of());
  }

  static UpstreamConfig upstream(
      String name,
      String url,
      Optional<String> key,
      Optional<String> token,
      Map<String, Secret> headers) {
    return new UpstreamConfig(
        name,
        URI.create(url),
        credential(key, token),
        custom(headers),
        List.of(),
        Optional.empty(),
        UpstreamConfig.Network.PLAIN,
        new ProviderConfig.Anthropic());
  }
}
