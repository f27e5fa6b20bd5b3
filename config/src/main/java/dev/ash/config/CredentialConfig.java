package dev.ash.config;

import com.typesafe.config.Config;
import java.net.URI;
import java.util.Optional;

/**
 * What a node shows to a model server.
 *
 * @param apiKey sent as {@code x-api-key}
 * @param authToken sent as {@code Authorization: Bearer}
 * @param oauth where such a token is got instead
 */
public record CredentialConfig(
    Optional<SecretConfig> apiKey, Optional<SecretConfig> authToken, Optional<OAuth> oauth) {
  public static final CredentialConfig NONE =
      new CredentialConfig(Optional.empty(), Optional.empty(), Optional.empty());

  public CredentialConfig {
    Require.that(
        authToken.isEmpty() || oauth.isEmpty(),
        "ANTHROPIC_AUTH_TOKEN",
        "set, and so is ASH_MODEL_TOKEN_URL",
        "only one of them");
  }

  /** The grant client credentials of OAuth 2.0. */
  public record OAuth(URI tokenUrl, String clientId, SecretConfig clientSecret, String scope) {}

  static CredentialConfig from(Config c) {
    var url = c.hasPath("token-url") ? c.getString("token-url") : "";
    return new CredentialConfig(
        SecretConfig.from(c, "api-key"),
        SecretConfig.from(c, "auth-token"),
        url.isEmpty() ? Optional.empty() : Optional.of(oauth(url, c)));
  }

  private static OAuth oauth(String url, Config c) {
    var secret = SecretConfig.from(c, "client-secret");
    var id = c.hasPath("client-id") ? c.getString("client-id") : "";
    Require.that(
        url.matches("https?://[^\\s/]+.*"), "ASH_MODEL_TOKEN_URL", url, "an http or https URL");
    Require.that(
        !id.isEmpty() && secret.isPresent(),
        "ASH_MODEL_TOKEN_URL",
        "set",
        "ASH_MODEL_CLIENT_ID and ASH_MODEL_CLIENT_SECRET, or ASH_MODEL_CLIENT_SECRET_FILE, too");
    return new OAuth(
        URI.create(url), id, secret.orElseThrow(), c.hasPath("scope") ? c.getString("scope") : "");
  }
}
