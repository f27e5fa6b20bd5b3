package dev.ash.node.model;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.ash.config.CredentialConfig.OAuth;
import dev.ash.protocol.json.Json;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Base64;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An access token of the grant client credentials. It is got when it is first needed, by one
 * request however many calls wait, and got anew before it expires while calls still use the old
 * one.
 */
final class OAuthToken implements SecretSource {
  private static final Logger LOG = LoggerFactory.getLogger(OAuthToken.class);
  private static final Duration ANSWER = Duration.ofSeconds(10);

  /**
   * Between two attempts while the held token still holds: an endpoint in trouble is left alone.
   */
  private static final Duration PAUSE = Duration.ofSeconds(1);

  /** Between two tokens that a refusal asks for: where every token is refused, no other helps. */
  private static final Duration PAUSE_OF_REFUSALS = Duration.ofSeconds(10);

  private static final int UNAUTHORIZED = 401;
  private static final long USUAL_SECONDS = 300;
  private static final long LONGEST_SECONDS = 86_400;

  private final OAuth config;
  private final SecretSource clientSecret;
  private final HttpClient client;
  private Optional<Token> held = Optional.empty();
  private Optional<CompletableFuture<Token>> coming = Optional.empty();
  private Optional<Long> lastRefusal = Optional.empty();

  /**
   * A token.
   *
   * @param renewAt nano time from which a new one is got
   * @param until nano time at which it expires
   */
  private record Token(String value, long renewAt, long until) {
    Token renewedLater() {
      var later = System.nanoTime() + PAUSE.toNanos();
      return new Token(value, later - until < 0 ? later : until, until);
    }

    @Override
    public String toString() {
      return "***";
    }
  }

  /**
   * What the endpoint said.
   *
   * @param askedAt nano time before the request
   */
  private record Answer(HttpResponse<String> response, long askedAt) {}

  OAuthToken(OAuth config, SecretSource clientSecret, HttpClient client) {
    this.config = config;
    this.clientSecret = clientSecret;
    this.client = client;
  }

  @Override
  public synchronized CompletionStage<String> get() {
    var now = System.nanoTime();
    if (held.isPresent() && held.get().renewAt() - now > 0) {
      return CompletableFuture.completedStage(held.get().value());
    }
    if (coming.isEmpty()) {
      var begun = fetch().toCompletableFuture();
      coming = Optional.of(begun);
      var _ = begun.whenComplete(this::came);
    }
    if (held.isPresent() && held.get().until() - now > 0) {
      return CompletableFuture.completedStage(held.get().value());
    }
    return coming
        .map(token -> token.thenApply(Token::value))
        .orElseGet(() -> CompletableFuture.completedFuture(held.orElseThrow().value()));
  }

  private synchronized void came(
      @org.jspecify.annotations.Nullable Token token,
      @org.jspecify.annotations.Nullable Throwable failure) {
    coming = Optional.empty();
    if (token != null) {
      held = Optional.of(token);
    } else if (held.isPresent() && failure != null) {
      held = held.map(Token::renewedLater);
      var cause = failure.getCause() == null ? failure : failure.getCause();
      LOG.warn(
          "No new token from {} yet: {}",
          config.tokenUrl().getHost(),
          cause instanceof NoSecretException
              ? cause.getMessage()
              : cause.getClass().getSimpleName());
    }
  }

  private CompletionStage<Token> fetch() {
    return clientSecret
        .get()
        .thenCompose(
            secret ->
                ask(secret)
                    .thenCompose(
                        answer ->
                            answer.response().statusCode() == UNAUTHORIZED
                                    && clientSecret.refused(secret)
                                ? askWithAnother(secret, answer)
                                : CompletableFuture.completedStage(answer)))
        .thenApply(this::token);
  }

  /** The secret may have been replaced since it was read. */
  private CompletionStage<Answer> askWithAnother(String refused, Answer answer) {
    return clientSecret
        .get()
        .thenCompose(
            secret ->
                secret.equals(refused) ? CompletableFuture.completedStage(answer) : ask(secret));
  }

  private CompletionStage<Answer> ask(String secret) {
    // A token's life begins when it is made, which is not before it was asked for.
    var at = System.nanoTime();
    return client
        .sendAsync(request(secret), HttpResponse.BodyHandlers.ofString())
        .thenApply(response -> new Answer(response, at));
  }

  private HttpRequest request(String secret) {
    var basic = encoded(config.clientId()) + ":" + encoded(secret);
    var form =
        "grant_type=client_credentials"
            + (config.scope().isEmpty() ? "" : "&scope=" + encoded(config.scope()));
    return HttpRequest.newBuilder(config.tokenUrl())
        .timeout(ANSWER)
        .header(
            "authorization", "Basic " + Base64.getEncoder().encodeToString(basic.getBytes(UTF_8)))
        .header("content-type", "application/x-www-form-urlencoded")
        .header("accept", "application/json")
        .POST(BodyPublishers.ofString(form))
        .build();
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, UTF_8);
  }

  private Token token(Answer answer) {
    var response = answer.response();
    var body = Json.parse(response.body()).orElseGet(Json::object);
    var value = body.path("access_token").asText();
    if (response.statusCode() != 200 || value.isEmpty() || !value.matches("[\\x21-\\x7e]+")) {
      var error = body.path("error").asText();
      throw new NoSecretException(
          "the token endpoint %s answered %d%s"
              .formatted(
                  config.tokenUrl().getHost(),
                  response.statusCode(),
                  error.matches("[a-z_]{1,40}") ? " " + error : ""));
    }
    var seconds = Math.clamp(body.path("expires_in").asLong(USUAL_SECONDS), 1, LONGEST_SECONDS);
    var life = Duration.ofSeconds(seconds).toNanos();
    return new Token(value, answer.askedAt() + life * 8 / 10, answer.askedAt() + life * 98 / 100);
  }

  @Override
  public synchronized boolean refused(String value) {
    if (held.filter(token -> token.value().equals(value)).isEmpty()) {
      return true; // there is another one already, or on its way
    }
    var now = System.nanoTime();
    if (lastRefusal.filter(last -> now - last < PAUSE_OF_REFUSALS.toNanos()).isPresent()) {
      return false;
    }
    lastRefusal = Optional.of(now);
    held = Optional.empty();
    return true;
  }
}
