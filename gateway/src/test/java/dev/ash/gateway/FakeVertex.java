package dev.ash.gateway;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.nimbusds.jose.crypto.RSASSAVerifier;
import com.nimbusds.jwt.SignedJWT;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.ash.protocol.json.Json;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.interfaces.RSAPublicKey;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/** Google's token server, which checks signatures, and a Vertex AI that takes only its tokens. */
final class FakeVertex implements AutoCloseable {
  static final String ACCOUNT = "gateway@canary-project.iam.gserviceaccount.com";

  /** Google's library claims this one wherever it asks. */
  private static final String AUDIENCE = "https://oauth2.googleapis.com/token";

  private static final String TOKEN = "canary-google-token-";
  private static final String MESSAGE =
      "{\"id\":\"msg_v\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"m\","
          + "\"content\":[{\"type\":\"text\",\"text\":\"from Vertex\"}],\"stop_reason\":\"end_turn\","
          + "\"usage\":{\"input_tokens\":11,\"output_tokens\":3}}";
  private static final String STREAM =
      "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"usage\":"
          + "{\"input_tokens\":11,\"output_tokens\":1}}}\n\n"
          + "event: message_delta\ndata: {\"type\":\"message_delta\",\"usage\":{\"output_tokens\":3}}"
          + "\n\nevent: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";

  /** A call that came. */
  record Call(String path, Map<String, String> headers, String body) {
    Call {
      headers = Map.copyOf(headers);
    }
  }

  private record Told(int status, String body) {}

  private final HttpServer server;
  private final KeyPair keys;
  private final List<Call> calls = new CopyOnWriteArrayList<>();
  private final Map<String, Told> answers = new ConcurrentHashMap<>();
  private final AtomicInteger tokens = new AtomicInteger();
  private volatile int tokenStatus = 200;
  private volatile boolean newestIsRefused;

  FakeVertex() throws Exception {
    var generator = KeyPairGenerator.getInstance("RSA");
    generator.initialize(2_048);
    keys = generator.generateKeyPair();
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/token", exchange -> answer(exchange, token(exchange)));
    server.createContext("/v1/", exchange -> answer(exchange, call(exchange)));
    server.start();
  }

  String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  /** A service account's key, as Google's console gives it. */
  Path accountFile(Path folder) throws IOException {
    var pem =
        "-----BEGIN PRIVATE KEY-----\n"
            + Base64.getMimeEncoder(64, new byte[] {'\n'})
                .encodeToString(keys.getPrivate().getEncoded())
            + "\n-----END PRIVATE KEY-----\n";
    var json =
        Json.object()
            .put("type", "service_account")
            .put("project_id", "canary-project")
            .put("private_key_id", "key-1")
            .put("private_key", pem)
            .put("client_email", ACCOUNT)
            .put("client_id", "1")
            .put("token_uri", url() + "/token");
    return Files.writeString(folder.resolve("account.json"), Json.write(json));
  }

  List<Call> calls() {
    return List.copyOf(calls);
  }

  int tokens() {
    return tokens.get();
  }

  /** The token that was given last is not taken any more. */
  void refuseNewestToken() {
    newestIsRefused = true;
  }

  void tokensAnswer(int status) {
    tokenStatus = status;
  }

  /** Calls of a model are answered so. */
  void answers(String model, int status, String body) {
    answers.put(model, new Told(status, body));
  }

  private Told token(HttpExchange exchange) throws IOException {
    var form = new String(exchange.getRequestBody().readAllBytes(), UTF_8);
    if (tokenStatus != 200 || !isSigned(form)) {
      return new Told(
          tokenStatus == 200 ? 400 : tokenStatus, "{\"error\":\"canary-words-of-google\"}");
    }
    newestIsRefused = false;
    return new Told(
        200,
        "{\"access_token\":\"%s%d\",\"expires_in\":3600,\"token_type\":\"Bearer\"}"
            .formatted(TOKEN, tokens.incrementAndGet()));
  }

  private boolean isSigned(String form) {
    try {
      var assertion = "";
      for (var part : form.split("&", -1)) {
        if (part.startsWith("assertion=")) {
          assertion = URLDecoder.decode(part.substring("assertion=".length()), UTF_8);
        }
      }
      var jwt = SignedJWT.parse(assertion);
      var claims = jwt.getJWTClaimsSet();
      return jwt.verify(new RSASSAVerifier((RSAPublicKey) keys.getPublic()))
          && claims.getIssuer().equals(ACCOUNT)
          && claims.getAudience().equals(List.of(AUDIENCE))
          && String.valueOf(claims.getClaim("scope")).endsWith("/auth/cloud-platform");
    } catch (java.text.ParseException | com.nimbusds.jose.JOSEException _) {
      return false;
    }
  }

  private Told call(HttpExchange exchange) throws IOException {
    var headers = new java.util.HashMap<String, String>();
    exchange
        .getRequestHeaders()
        .forEach((name, values) -> headers.put(name.toLowerCase(Locale.ROOT), values.getFirst()));
    var path = exchange.getRequestURI().toString();
    calls.add(new Call(path, headers, new String(exchange.getRequestBody().readAllBytes(), UTF_8)));
    if (newestIsRefused || !("Bearer " + TOKEN + tokens).equals(headers.get("authorization"))) {
      return new Told(
          401,
          "[{\"error\":{\"code\":401,\"message\":\"canary-project has no rights\","
              + "\"status\":\"UNAUTHENTICATED\"}}]");
    }
    var told =
        answers.entrySet().stream()
            .filter(answer -> path.contains("/" + answer.getKey() + ":"))
            .map(Map.Entry::getValue)
            .findFirst();
    return told.or(() -> Optional.of(new Told(200, path.contains(":stream") ? STREAM : MESSAGE)))
        .orElseThrow();
  }

  private static void answer(HttpExchange exchange, Told told) throws IOException {
    try (exchange) {
      exchange
          .getResponseHeaders()
          .set(
              "content-type",
              told.body().equals(STREAM) ? "text/event-stream" : "application/json");
      exchange.getResponseHeaders().set("request-id", "req_vrtx_1");
      if (told.status() == 429) {
        exchange.getResponseHeaders().set("retry-after", "7");
      }
      var bytes = told.body().getBytes(UTF_8);
      exchange.sendResponseHeaders(told.status(), bytes.length);
      exchange.getResponseBody().write(bytes);
    }
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
