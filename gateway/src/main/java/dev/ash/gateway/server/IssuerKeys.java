package dev.ash.gateway.server;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.nimbusds.jose.KeySourceException;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.source.JWKSetCacheRefreshEvaluator;
import com.nimbusds.jose.jwk.source.JWKSetRetrievalException;
import com.nimbusds.jose.jwk.source.JWKSetSource;
import com.nimbusds.jose.proc.SecurityContext;
import dev.ash.gateway.config.GatewayConfig.OAuth;
import dev.ash.gateway.tls.Pem;
import dev.ash.protocol.json.Json;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.security.GeneralSecurityException;
import java.text.ParseException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLContext;

/** Reads an issuer's keys where it says they are. Called seldom, so each call is for itself. */
final class IssuerKeys implements JWKSetSource<SecurityContext> {
  private static final Duration PATIENCE = Duration.ofSeconds(5);
  private static final long MAX_BYTES = 1 << 20;

  private final OAuth oauth;
  private volatile Optional<SSLContext> tls;
  private volatile boolean read;

  IssuerKeys(OAuth oauth) throws IOException, GeneralSecurityException {
    this.oauth = oauth;
    this.tls = tls(oauth);
  }

  private static Optional<SSLContext> tls(OAuth oauth)
      throws IOException, GeneralSecurityException {
    return oauth.authorities().isPresent()
        ? Optional.of(Pem.client(oauth.authorities(), Optional.empty()))
        : Optional.empty();
  }

  /** Reads anew who vouches for the issuer; that counts once it is taken. */
  Prepared renewal() throws IOException, GeneralSecurityException {
    var read = tls(oauth);
    return new Prepared(() -> tls = read, () -> {});
  }

  @Override
  public JWKSet getJWKSet(
      JWKSetCacheRefreshEvaluator evaluator, long currentTime, SecurityContext context)
      throws KeySourceException {
    var builder =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .followRedirects(HttpClient.Redirect.NEVER)
            .connectTimeout(PATIENCE);
    tls.ifPresent(builder::sslContext);
    // Its close would wait for an answer that never ends.
    var http = builder.build();
    try {
      var url = oauth.jwksUrl().isPresent() ? oauth.jwksUrl().get() : discovered(http);
      var keys = JWKSet.parse(get(http, url));
      read = true;
      return keys;
    } catch (IOException | ParseException e) {
      // Of this type: the last keys do while the issuer is away.
      throw new JWKSetRetrievalException(
          "keys of " + oauth.issuer() + ": " + e.getMessage() + " (expected: a JWK set)", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new KeySourceException("stopped", e);
    } finally {
      http.shutdownNow();
    }
  }

  /** Whether they could be read once. */
  boolean wereRead() {
    return read;
  }

  private URI discovered(HttpClient http) throws IOException, InterruptedException {
    var url =
        URI.create(oauth.issuer().replaceFirst("/+$", "") + "/.well-known/openid-configuration");
    var document = Json.parse(get(http, url)).orElseThrow(() -> new IOException(url + ": no JSON"));
    if (!document.path("issuer").asText().equals(oauth.issuer())) {
      throw new IOException(
          url + ": issuer " + document.path("issuer") + " (expected: " + oauth.issuer() + ")");
    }
    var keys = document.path("jwks_uri").asText();
    // What is said to be safe leads to nothing that is not.
    if (!keys.startsWith("https://") && oauth.issuer().startsWith("https://")) {
      throw new IOException(url + ": jwks_uri " + keys + " (expected: https)");
    }
    try {
      return URI.create(keys);
    } catch (IllegalArgumentException e) {
      throw new IOException(url + ": jwks_uri " + keys + " (expected: an address)", e);
    }
  }

  private static String get(HttpClient http, URI url) throws IOException, InterruptedException {
    HttpRequest request;
    try {
      request =
          HttpRequest.newBuilder(url)
              .timeout(PATIENCE)
              .header("accept", "application/json")
              .build();
    } catch (IllegalArgumentException e) {
      throw new IOException(url + ": no address of HTTP", e);
    }
    var answer = within(http, request, url);
    if (answer.statusCode() != 200) {
      throw new IOException(url + " answered " + answer.statusCode() + " (expected: 200)");
    }
    return answer.body();
  }

  /** The client's own limit ends with the head of an answer. */
  private static HttpResponse<String> within(HttpClient http, HttpRequest request, URI url)
      throws IOException, InterruptedException {
    try {
      return http.sendAsync(request, BodyHandlers.limiting(BodyHandlers.ofString(UTF_8), MAX_BYTES))
          .get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      throw e.getCause() instanceof IOException io ? io : new IOException(url + ": failed", e);
    } catch (TimeoutException e) {
      throw new IOException(url + ": no whole answer in " + PATIENCE.toSeconds() + " s", e);
    }
  }

  @Override
  public void close() {}
}
