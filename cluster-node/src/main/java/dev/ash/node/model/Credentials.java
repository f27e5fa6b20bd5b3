package dev.ash.node.model;

import dev.ash.config.CredentialConfig;
import java.net.http.HttpClient;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** The headers that a node's credential makes, as it is at the time of a call. */
final class Credentials {
  private static final String BEARER = "Bearer ";

  private final Optional<SecretSource> apiKey;
  private final Optional<SecretSource> bearer;

  Credentials(CredentialConfig config, SecretStores stores, HttpClient client) {
    apiKey = config.apiKey().map(c -> stores.source(c, client));
    bearer =
        config
            .authToken()
            .map(c -> stores.source(c, client))
            .or(
                () ->
                    config
                        .oauth()
                        .map(
                            o ->
                                new OAuthToken(
                                    o, stores.source(o.clientSecret(), client), client)));
  }

  boolean areNone() {
    return apiKey.isEmpty() && bearer.isEmpty();
  }

  CompletionStage<Map<String, String>> headers() {
    return value(apiKey)
        .thenCombine(
            value(bearer),
            (key, token) -> {
              var headers = new LinkedHashMap<String, String>();
              key.ifPresent(k -> headers.put("x-api-key", k));
              token.ifPresent(t -> headers.put("authorization", BEARER + t));
              return headers;
            });
  }

  private static CompletionStage<Optional<String>> value(Optional<SecretSource> source) {
    return source
        .map(s -> s.get().thenApply(Optional::of))
        .orElseGet(() -> CompletableFuture.completedFuture(Optional.empty()));
  }

  /** Whether the call may be sent once more with what {@link #headers} gives then. */
  boolean refused(Map<String, String> shown) {
    var again = false;
    var key = shown.get("x-api-key");
    if (apiKey.isPresent() && key != null) {
      again = apiKey.get().refused(key);
    }
    var token = shown.get("authorization");
    if (bearer.isPresent() && token != null) {
      again |= bearer.get().refused(token.substring(BEARER.length()));
    }
    return again;
  }
}
