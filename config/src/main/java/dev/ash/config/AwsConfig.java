package dev.ash.config;

import com.typesafe.config.Config;
import java.net.URI;
import java.util.Optional;

/**
 * Where AWS is asked. Its credentials are found as its own programs find them.
 *
 * @param region such as {@code eu-central-1}
 * @param secretsEndpoint of Secrets Manager, instead of the region's own
 */
public record AwsConfig(Optional<String> region, Optional<URI> secretsEndpoint) {
  public static final AwsConfig NONE = new AwsConfig(Optional.empty(), Optional.empty());

  public AwsConfig {
    region.ifPresent(r -> requireRegion("AWS_REGION", r));
  }

  /** It becomes part of a host's name. */
  static void requireRegion(String variable, String region) {
    Require.that(
        region.matches("[a-z0-9-]{1,40}"), variable, region, "a region such as eu-central-1");
  }

  static AwsConfig from(Config c) {
    var region = c.getString("region");
    var endpoint = c.getString("secrets-endpoint");
    Require.that(
        endpoint.isEmpty() || endpoint.matches("https?://[^\\s/]+.*"),
        "AWS_ENDPOINT_URL_SECRETS_MANAGER",
        endpoint,
        "an http or https URL");
    return new AwsConfig(
        Optional.of(region).filter(r -> !r.isEmpty()),
        Optional.of(endpoint).filter(e -> !e.isEmpty()).map(URI::create));
  }
}
