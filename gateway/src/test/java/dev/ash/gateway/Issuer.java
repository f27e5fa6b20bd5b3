package dev.ash.gateway;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.PlainJWT;
import com.nimbusds.jwt.SignedJWT;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import dev.ash.gateway.tls.Pem;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.InstantSource;
import java.util.Date;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/** An identity provider that shows its keys and signs what it is told to. */
final class Issuer implements AutoCloseable {
  static final String AUDIENCE = "ash-gateway";

  private final HttpServer server;
  private final String scheme;
  private final AtomicInteger reads = new AtomicInteger();
  private volatile RSAKey key;
  private volatile int status = 200;

  Issuer() throws IOException, JOSEException {
    this(HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 50), "http");
  }

  /** One with TLS. */
  static Issuer with(Certificates.Pair pair) throws Exception {
    var server = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 50);
    server.setHttpsConfigurator(
        new HttpsConfigurator(
            Pem.client(
                Optional.empty(), Optional.of(new Pem.Identity(pair.certificate(), pair.key())))));
    return new Issuer(server, "https");
  }

  private Issuer(HttpServer server, String scheme) throws JOSEException {
    this.server = server;
    this.scheme = scheme;
    key = key("first");
    server.createContext(
        "/.well-known/openid-configuration",
        exchange ->
            answer(
                exchange,
                200,
                "{\"issuer\":\"%s\",\"jwks_uri\":\"%s/keys\"}".formatted(url(), url())));
    server.createContext(
        "/keys",
        exchange -> {
          reads.incrementAndGet();
          answer(exchange, status, new JWKSet(key).toString());
        });
    server.start();
  }

  String url() {
    return scheme + "://127.0.0.1:" + server.getAddress().getPort();
  }

  /** The part of our format that trusts it. */
  String section(String more) {
    return "oauth: {issuer: '%s', audience: %s%s}%n".formatted(url(), AUDIENCE, more);
  }

  /** How often its keys were read. */
  int reads() {
    return reads.get();
  }

  /** From now on it has another key, and the one before is of no worth. */
  void rotate() throws JOSEException {
    key = key("next-" + key.getKeyID());
  }

  void answersKeysWith(int code) {
    status = code;
  }

  /** A good token, as it is or changed. */
  String token(Consumer<JWTClaimsSet.Builder> changed) throws JOSEException {
    return signed(key, claims(changed));
  }

  String token() throws JOSEException {
    return token(_ -> {});
  }

  /** With a key that the issuer does not have, under this key id. */
  String forged(String keyId) throws JOSEException {
    return signed(key(keyId), claims(_ -> {}));
  }

  String keyId() {
    return key.getKeyID();
  }

  String unsigned() {
    return new PlainJWT(claims(_ -> {})).serialize();
  }

  /** Signed with the public key, which everybody has, as if it were a secret of two. */
  String confused() throws JOSEException {
    var jwt =
        new SignedJWT(
            new JWSHeader.Builder(JWSAlgorithm.HS256).keyID(key.getKeyID()).build(),
            claims(_ -> {}));
    jwt.sign(new MACSigner(key.toRSAPublicKey().getEncoded()));
    return jwt.serialize();
  }

  private JWTClaimsSet claims(Consumer<JWTClaimsSet.Builder> changed) {
    var now = InstantSource.system().instant();
    var builder =
        new JWTClaimsSet.Builder()
            .issuer(url())
            .audience(AUDIENCE)
            .subject("team-b")
            .issueTime(Date.from(now))
            .expirationTime(Date.from(now.plusSeconds(300)))
            .claim("scope", "anthropic:write anthropic:read");
    changed.accept(builder);
    return builder.build();
  }

  /** A good token that says of itself that it is of another kind. */
  String typed(String type) throws JOSEException {
    return signed(
        key,
        new JWSHeader.Builder(JWSAlgorithm.RS256)
            .keyID(key.getKeyID())
            .type(new JOSEObjectType(type))
            .build(),
        claims(_ -> {}));
  }

  private static String signed(RSAKey with, JWTClaimsSet claims) throws JOSEException {
    return signed(
        with, new JWSHeader.Builder(JWSAlgorithm.RS256).keyID(with.getKeyID()).build(), claims);
  }

  private static String signed(RSAKey with, JWSHeader header, JWTClaimsSet claims)
      throws JOSEException {
    var jwt = new SignedJWT(header, claims);
    jwt.sign(new RSASSASigner(with));
    return jwt.serialize();
  }

  private static RSAKey key(String id) throws JOSEException {
    return new RSAKeyGenerator(2048).keyID(id).generate();
  }

  private static void answer(HttpExchange exchange, int status, String text) throws IOException {
    try (exchange) {
      var body = text.getBytes(UTF_8);
      exchange.getResponseHeaders().set("content-type", "application/json");
      exchange.sendResponseHeaders(status, body.length);
      exchange.getResponseBody().write(body);
    }
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
