package dev.ash.node.model;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.ash.scriptedmodel.ScriptedModel;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;

/**
 * Vertex's interface in front of the scripted model, and Google's token endpoint: it gives a token
 * only for an assertion that the service account's key has signed.
 */
public final class FakeVertex implements AutoCloseable {
  public static final String PROJECT = "ash-test";
  public static final String REGION = "europe-west1";
  static final String ACCOUNT = "node@ash-test.iam.gserviceaccount.com";

  private static final String ACCOUNTS = "/computeMetadata/v1/instance/service-accounts/";

  /** The library claims this one wherever it asks. */
  private static final String AUDIENCE = "https://oauth2.googleapis.com/token";

  private static final String SCOPE = "https://www.googleapis.com/auth/cloud-platform";
  private static final Pattern PATH =
      Pattern.compile(
          "/v1/projects/%s/locations/%s/publishers/anthropic/models/([^/:]+):(rawPredict|streamRawPredict)"
              .formatted(PROJECT, REGION));
  private static final ObjectMapper JSON = new ObjectMapper();

  private final ScriptedModel model;
  private final KeyPair keys;
  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final HttpClient client = HttpClient.newHttpClient();
  private final List<Seen> seen = new CopyOnWriteArrayList<>();
  private final AtomicInteger tokens = new AtomicInteger();
  private volatile int oldestGood = 1;
  private volatile int life = 3599;
  private volatile Fault fault = Fault.NONE;

  /** What goes wrong with every answer. */
  public enum Fault {
    NONE,
    NO_TOKEN,
    THROTTLED,
    THROTTLED_IN_AN_ARRAY,
    FORBIDDEN
  }

  /** A request with a good token. */
  public record Seen(
      String uri, String modelId, ObjectNode body, Map<String, List<String>> headers) {}

  private FakeVertex(ScriptedModel model) throws IOException, GeneralSecurityException {
    this.model = model;
    var generator = KeyPairGenerator.getInstance("RSA");
    generator.initialize(2048);
    keys = generator.generateKeyPair();
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 50);
    server.setExecutor(threads);
    server.createContext("/token", this::token);
    server.createContext("/v1/", this::handle);
    server.createContext("/", this::machine);
    server.start();
  }

  public static FakeVertex before(ScriptedModel model)
      throws IOException, GeneralSecurityException {
    return new FakeVertex(model);
  }

  public String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  public List<Seen> seen() {
    return seen;
  }

  /** Tokens that were given. */
  int tokens() {
    return tokens.get();
  }

  void fail(Fault how) {
    fault = how;
  }

  /** Those that were given before are worth nothing from now on. */
  void revoke() {
    oldestGood = tokens.get() + 1;
  }

  /** Tokens that are given from now on say that they live so long. */
  void life(int seconds) {
    life = seconds;
  }

  /** The file that Google gives to whoever makes a key of a service account. */
  public Path keyFile(Path folder) throws IOException {
    var pem =
        "-----BEGIN PRIVATE KEY-----\n"
            + Base64.getMimeEncoder(64, new byte[] {'\n'})
                .encodeToString(keys.getPrivate().getEncoded())
            + "\n-----END PRIVATE KEY-----\n";
    var json =
        JsonNodeFactory.instance
            .objectNode()
            .put("type", "service_account")
            .put("project_id", PROJECT)
            .put("private_key_id", "k1")
            .put("private_key", pem)
            .put("client_email", ACCOUNT)
            .put("client_id", "1")
            .put("token_uri", url() + "/token");
    return Files.writeString(folder.resolve("key.json"), json.toString());
  }

  private void token(HttpExchange exchange) throws IOException {
    try (exchange) {
      var form = new String(exchange.getRequestBody().readAllBytes(), UTF_8);
      if (fault == Fault.NO_TOKEN || !isGood(form)) {
        answer(exchange, 400, "{\"error\":\"invalid_grant\",\"error_description\":\"canary\"}");
        return;
      }
      giveToken(exchange);
    }
  }

  /** A machine of Google's: whether it is one, its account, and a token for whoever is inside. */
  private void machine(HttpExchange exchange) throws IOException {
    try (exchange) {
      if (!"Google".equals(exchange.getRequestHeaders().getFirst("Metadata-Flavor"))) {
        answer(exchange, 403, "{}");
        return;
      }
      exchange.getResponseHeaders().add("Metadata-Flavor", "Google");
      switch (exchange.getRequestURI().getPath()) {
        case "/" -> answer(exchange, 200, "{}");
        case ACCOUNTS -> answer(exchange, 200, "{\"default\":{\"email\":\"" + ACCOUNT + "\"}}");
        case ACCOUNTS + "default/token" -> giveToken(exchange);
        default -> answer(exchange, 404, "{}");
      }
    }
  }

  private void giveToken(HttpExchange exchange) throws IOException {
    answer(
        exchange,
        200,
        "{\"access_token\":\"ya29.canary-77d0-%d\",\"expires_in\":%d,\"token_type\":\"Bearer\"}"
            .formatted(tokens.incrementAndGet(), life));
  }

  /** Whether the account's key has signed a claim for Google and what we need, for an hour. */
  private boolean isGood(String form) throws IOException {
    var fields = new java.util.HashMap<String, String>();
    for (var field : form.split("&", -1)) {
      var pair = field.split("=", 2);
      fields.put(pair[0], URLDecoder.decode(pair[1], UTF_8));
    }
    var parts = fields.getOrDefault("assertion", "").split("\\.", -1);
    if (!"urn:ietf:params:oauth:grant-type:jwt-bearer".equals(fields.get("grant_type"))
        || parts.length != 3) {
      return false;
    }
    var claims = JSON.readTree(Base64.getUrlDecoder().decode(parts[1]));
    try {
      var signature = Signature.getInstance("SHA256withRSA");
      signature.initVerify(keys.getPublic());
      signature.update((parts[0] + "." + parts[1]).getBytes(UTF_8));
      return signature.verify(Base64.getUrlDecoder().decode(parts[2]))
          && claims.path("iss").asText().equals(ACCOUNT)
          && claims.path("aud").asText().equals(AUDIENCE)
          && claims.path("scope").asText().equals(SCOPE)
          && claims.path("exp").asLong() - claims.path("iat").asLong() <= 3600;
    } catch (GeneralSecurityException e) {
      return false;
    }
  }

  private void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      var sent = exchange.getRequestBody().readAllBytes();
      if (!hasGoodToken(exchange)) {
        answer(exchange, 401, google(401, "UNAUTHENTICATED", "token canary of " + ACCOUNT));
        return;
      }
      var path = PATH.matcher(exchange.getRequestURI().getRawPath());
      if (!path.matches()) {
        answer(exchange, 404, google(404, "NOT_FOUND", "no such path"));
        return;
      }
      var body = (ObjectNode) JSON.readTree(sent);
      seen.add(
          new Seen(
              exchange.getRequestURI().toString(),
              path.group(1),
              body.deepCopy(),
              Map.copyOf(exchange.getRequestHeaders())));
      switch (fault) {
        case THROTTLED -> answer(exchange, 429, google(429, "RESOURCE_EXHAUSTED", "Quota used."));
        case THROTTLED_IN_AN_ARRAY ->
            answer(exchange, 429, "[" + google(429, "RESOURCE_EXHAUSTED", "Quota used.") + "]");
        case FORBIDDEN ->
            answer(exchange, 403, google(403, "PERMISSION_DENIED", "canary lacks a right"));
        case NONE, NO_TOKEN -> pass(exchange, path.group(1), path.group(2), body);
      }
    }
  }

  private boolean hasGoodToken(HttpExchange exchange) {
    var shown = exchange.getRequestHeaders().getFirst("Authorization");
    var prefix = "Bearer ya29.canary-77d0-";
    return shown != null
        && shown.startsWith(prefix)
        && Integer.parseInt(shown.substring(prefix.length())) >= oldestGood;
  }

  private static String google(int code, String status, String message) {
    var json = JsonNodeFactory.instance.objectNode();
    json.putObject("error").put("code", code).put("message", message).put("status", status);
    return json.toString();
  }

  private void pass(HttpExchange exchange, String id, String method, ObjectNode body)
      throws IOException {
    var counts = id.equals("count-tokens");
    var stream = body.path("stream").asBoolean();
    if (!"vertex-2023-10-16".equals(body.path("anthropic_version").asText())
        || body.has("anthropic_beta")
        || body.has("model") != counts
        || method.equals("streamRawPredict") != stream) {
      // The model's own server speaks the Messages API's form.
      answer(
          exchange,
          400,
          "{\"type\":\"error\",\"error\":{\"type\":\"invalid_request_error\",\"message\":\"extra\"}}");
      return;
    }
    body.remove("anthropic_version");
    if (!counts) {
      body.put("model", id);
    }
    var request =
        HttpRequest.newBuilder(
                URI.create(model.url() + "/v1/messages" + (counts ? "/count_tokens" : "")))
            .POST(HttpRequest.BodyPublishers.ofString(body.toString()))
            .build();
    try {
      var answer = client.send(request, HttpResponse.BodyHandlers.ofInputStream());
      exchange
          .getResponseHeaders()
          .set("content-type", answer.headers().firstValue("content-type").orElse(""));
      exchange.sendResponseHeaders(answer.statusCode(), 0);
      try (var in = answer.body()) {
        var buffer = new byte[4096];
        for (var n = in.read(buffer); n >= 0; n = in.read(buffer)) {
          exchange.getResponseBody().write(buffer, 0, n);
          exchange.getResponseBody().flush();
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void answer(HttpExchange exchange, int status, String json) throws IOException {
    exchange.getResponseHeaders().set("content-type", "application/json");
    exchange.sendResponseHeaders(status, json.getBytes(UTF_8).length);
    exchange.getResponseBody().write(json.getBytes(UTF_8));
  }

  @Override
  public void close() {
    server.stop(0);
    client.close();
    threads.close();
  }
}
