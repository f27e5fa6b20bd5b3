package dev.ash.gateway.server;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.nimbusds.jose.KeySourceException;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.source.JWKSetCacheRefreshEvaluator;
import com.nimbusds.jose.jwk.source.JWKSetSource;
import com.nimbusds.jose.proc.SecurityContext;
import dev.ash.gateway.config.GatewayConfig.OAuth;
import dev.ash.gateway.tls.Pem;
import dev.ash.protocol.json.Json;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.security.GeneralSecurityException;
import java.text.ParseException;
import java.time.Duration;
import java.util.Optional;
import javax.net.ssl.SSLContext;

/** Reads an issuer's keys where it says they are. Called seldom, so each call is for itself. */
final class IssuerKeys implements JWKSetSource<SecurityContext> {
  private static final Duration PATIENCE = Duration.ofSeconds(5);
  private static final long MAX_BYTES = 1 << 20;

  private final OAuth oauth;
  private final Optional<SSLContext> tls;

  IssuerKeys(OAuth oauth) throws IOException, GeneralSecurityException {
    this.oauth = oauth;
    this.tls =
        oauth.authorities().isPresent()
            ? Optional.of(Pem.client(oauth.authorities(), Optional.empty()))
            : Optional.empty();
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
    try (var http = builder.build()) {
      var url = oauth.jwksUrl().isPresent() ? oauth.jwksUrl().get() : discovered(http);
      return JWKSet.parse(get(http, url));
    } catch (IOException | ParseException e) {
      throw new KeySourceException(
          "keys of " + oauth.issuer() + ": " + e.getMessage() + " (expected: a JWK set)", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new KeySourceException("stopped", e);
    }
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
    var answer = http.send(request, BodyHandlers.limiting(BodyHandlers.ofString(UTF_8), MAX_BYTES));
    if (answer.statusCode() != 200) {
      throw new IOException(url + " answered " + answer.statusCode() + " (expected: 200)");
    }
    return answer.body();
  }

  @Override
  public void close() {}
}
