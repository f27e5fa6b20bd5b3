package dev.ash.node.model;

import dev.ash.config.UpstreamConfig;
import dev.ash.node.credentials.SessionCredentials;
import dev.ash.node.credentials.SessionCredentials.Choice;
import dev.ash.protocol.id.SessionId;
import java.net.http.HttpClient;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the programs of a sandbox are given where the operator wants the credential inside
 * (docs/adr/0025): the names that SDKs look for, with the values of now. The main model server's
 * only, or the session's own key in its place.
 */
final class GivenCredentials {
  private static final Logger LOG = LoggerFactory.getLogger(GivenCredentials.class);
  private static final String BEARER = "Bearer ";
  private static final String KEY = "x-api-key";
  private static final String TOKEN = "authorization";

  private final UpstreamConfig main;
  private final CustomHeaders custom;
  private final Credentials credentials;
  private final SessionCredentials sessions;

  GivenCredentials(
      UpstreamConfig main, SecretStores stores, HttpClient client, SessionCredentials sessions) {
    this.main = main;
    this.custom = new CustomHeaders(main.customHeaders(), stores, client);
    this.credentials = new Credentials(main.credential(), stores, client);
    this.sessions = sessions;
    LOG.warn(
        "ASH_SANDBOX_CREDENTIALS=env: EVERY COMMAND IN A SANDBOX CAN READ THE MODEL'S CREDENTIAL and"
            + " send it wherever the sandbox's network leads; what is bought with it that way is in no"
            + " ledger and held by no budget (docs/adr/0025)");
  }

  /** Fails with a {@link SecretSource.NoSecretException} that does not say where it looked. */
  CompletionStage<Map<String, String>> of(SessionId session) {
    return sessions
        .of(session)
        .thenCompose(this::of)
        .exceptionally(
            failure -> {
              var cause = failure.getCause() == null ? failure : failure.getCause();
              LOG.error(
                  "No credential for the programs of session {}: {}",
                  session.value(),
                  cause instanceof SecretSource.NoSecretException
                      ? cause.getMessage()
                      : cause.getClass().getSimpleName());
              throw new SecretSource.NoSecretException(
                  "the model's credential could not be read; the node's log says why");
            });
  }

  private CompletionStage<Map<String, String>> of(Choice choice) {
    return switch (choice) {
      case Choice.OfNode() -> custom.values(true).thenCombine(credentials.headers(), this::named);
      // Nothing of the node's goes with a key of the session's: a header may be a secret as well.
      case Choice.OfSession(var header, var value) ->
          CompletableFuture.completedStage(named(Map.of(), Map.of(header, value.reveal())));
      case Choice.Unusable _ -> CompletableFuture.completedStage(named(Map.of(), Map.of()));
    };
  }

  private Map<String, String> named(Map<String, String> headers, Map<String, String> shown) {
    var env = new TreeMap<String, String>();
    if (shown.containsKey(KEY)) {
      env.put("ANTHROPIC_API_KEY", shown.getOrDefault(KEY, ""));
    }
    if (shown.containsKey(TOKEN)) {
      env.put("ANTHROPIC_AUTH_TOKEN", shown.getOrDefault(TOKEN, "").substring(BEARER.length()));
    }
    if (!headers.isEmpty()) {
      env.put(
          "ANTHROPIC_CUSTOM_HEADERS",
          headers.entrySet().stream()
              .map(header -> header.getKey() + ": " + header.getValue())
              .collect(Collectors.joining("\n")));
    }
    env.put("ASH_MODEL_BASE_URL", main.baseUrl().toString());
    return env;
  }
}
