package dev.ash.node.gateways;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import dev.ash.node.e2e.StrictClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** A Keycloak on a data folder of its own, with the realm of {@code keycloak/ash-realm.json}. */
final class Keycloak implements AutoCloseable {
  static final String NODE = "ash-node";
  static final String NODE_SECRET = "first-secret-of-the-node";

  private static final String GATEWAY = "ash-gateway";
  private static final String GATEWAY_SECRET = "secret-of-the-gateway";
  private static final String ADMIN = "admin";
  private static final String ADMIN_PASSWORD = "password-of-the-test";

  /** Its database is made anew. */
  private static final Duration START = Duration.ofMinutes(3);

  private final OwnedProcess process;
  private final String url;
  private final HttpClient http;

  private Keycloak(OwnedProcess process, String url, HttpClient http) {
    this.process = process;
    this.url = url;
    this.http = http;
  }

  /** Skips the test where it is not installed. */
  static Keycloak start(Path folder) throws IOException {
    var installed = TestTools.folder("keycloak-26.7.3");
    var home = Files.createDirectory(folder.resolve("keycloak"));
    for (var part : List.of("lib", "conf", "providers", "themes")) {
      Files.createSymbolicLink(home.resolve(part), installed.resolve(part));
    }
    // Its script takes its home from where it really lies.
    Files.createDirectory(home.resolve("bin"));
    Files.copy(installed.resolve("bin/kc.sh"), home.resolve("bin/kc.sh"));
    var realm = Files.createDirectories(home.resolve("data/import")).resolve("ash-realm.json");
    try (var resource = Keycloak.class.getResourceAsStream("/keycloak/ash-realm.json")) {
      Files.copy(java.util.Objects.requireNonNull(resource), realm);
    }
    var port = OwnedProcess.freePort();
    var process =
        OwnedProcess.start(
            folder,
            "keycloak",
            List.of(
                "sh",
                home.resolve("bin/kc.sh").toString(),
                "start",
                "--optimized",
                "--http-enabled=true",
                "--http-host=127.0.0.1",
                "--http-port=" + port,
                "--hostname-strict=false",
                "--import-realm"),
            Map.of(
                "JAVA_HOME",
                System.getProperty("java.home"),
                "KC_CACHE",
                "local",
                "KC_BOOTSTRAP_ADMIN_USERNAME",
                ADMIN,
                "KC_BOOTSTRAP_ADMIN_PASSWORD",
                ADMIN_PASSWORD,
                "JAVA_OPTS_KC_HEAP",
                "-Xms64m -Xmx512m",
                "JAVA_OPTS_APPEND",
                "-XX:TieredStopAtLevel=1"),
            port,
            START);
    return new Keycloak(
        process,
        "http://127.0.0.1:" + port,
        HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build());
  }

  String tokenUrl() {
    return realm("ash") + "token";
  }

  String issuer() {
    return url + "/realms/ash";
  }

  private String realm(String name) {
    return url + "/realms/" + name + "/protocol/openid-connect/";
  }

  /** Whether the realm made the token, and it has not expired and was not revoked. */
  boolean isActive(String token) {
    return StrictClient.json(
            expect(
                200,
                form(realm("ash") + "token/introspect", Map.of("token", token))
                    .header("authorization", basic(GATEWAY, GATEWAY_SECRET))
                    .build()))
        .path("active")
        .asBoolean();
  }

  void revoke(String token, String clientSecret) {
    expect(
        200,
        form(realm("ash") + "revoke", Map.of("token", token, "token_type_hint", "access_token"))
            .header("authorization", basic(NODE, clientSecret))
            .build());
  }

  /** From now on the node's client has another secret, and the old one is refused. */
  void replaceNodeSecret(String secret) {
    var found = admin("clients?clientId=" + NODE).get(0);
    var changed = ((com.fasterxml.jackson.databind.node.ObjectNode) found).put("secret", secret);
    expect(
        204,
        authorized("clients/" + found.path("id").asText())
            .header("content-type", "application/json")
            .PUT(BodyPublishers.ofString(changed.toString()))
            .build());
  }

  /** How many requests for a token of the node's client ended so. */
  int logins(String type) {
    return admin("events?client=" + NODE + "&max=1000&type=" + type).size();
  }

  private JsonNode admin(String path) {
    return StrictClient.json(expect(200, authorized(path).build()));
  }

  private HttpRequest.Builder authorized(String path) {
    return HttpRequest.newBuilder(URI.create(url + "/admin/realms/ash/" + path))
        .header("authorization", "Bearer " + administratorsToken());
  }

  /** A good token of another realm. */
  String administratorsToken() {
    return token(
        form(
            realm("master") + "token",
            Map.of(
                "grant_type",
                "password",
                "client_id",
                "admin-cli",
                "username",
                ADMIN,
                "password",
                ADMIN_PASSWORD)));
  }

  /** A new token of the node's client. */
  String token(String scope) {
    return token(
        form(tokenUrl(), Map.of("grant_type", "client_credentials", "scope", scope))
            .header("authorization", basic(NODE, NODE_SECRET)));
  }

  private String token(HttpRequest.Builder request) {
    return StrictClient.json(expect(200, request.build())).path("access_token").asText();
  }

  private static HttpRequest.Builder form(String url, Map<String, String> fields) {
    return HttpRequest.newBuilder(URI.create(url))
        .header("content-type", "application/x-www-form-urlencoded")
        .POST(
            BodyPublishers.ofString(
                fields.entrySet().stream()
                    .map(f -> f.getKey() + "=" + URLEncoder.encode(f.getValue(), UTF_8))
                    .collect(Collectors.joining("&"))));
  }

  private static String basic(String id, String secret) {
    return "Basic " + Base64.getEncoder().encodeToString((id + ":" + secret).getBytes(UTF_8));
  }

  private String expect(int status, HttpRequest request) {
    HttpResponse<String> answer;
    try {
      answer = http.send(request, BodyHandlers.ofString());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
    if (answer.statusCode() != status) {
      throw new AssertionError(
          "%s answered %d %s (expected: %d)"
              .formatted(request.uri(), answer.statusCode(), answer.body(), status));
    }
    return answer.body();
  }

  @Override
  public void close() {
    http.shutdownNow();
    process.close();
  }
}
