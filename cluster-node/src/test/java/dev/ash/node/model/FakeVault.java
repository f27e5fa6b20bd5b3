package dev.ash.node.model;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.ash.protocol.json.Json;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.LongSupplier;

/**
 * A server that speaks Vault's HTTP interface: KV version 2, AppRole, Kubernetes, and tokens whose
 * leases end on the test's clock. It knows who may log in and lets nobody read without a token that
 * holds. What it is asked is checked as Vault does.
 */
final class FakeVault implements AutoCloseable {
  private static final String DATA = "/v1/secret/data/";
  static final String ROLE_ID = "role-id-canary-1";
  static final String SERVICE_ACCOUNT = "jwt-canary-service-account";

  /** Every request but those for secrets, as {@code method path}. */
  final List<String> asked = new CopyOnWriteArrayList<>();

  final AtomicInteger reads = new AtomicInteger();
  final Set<String> secretIds = ConcurrentHashMap.newKeySet();
  final Set<String> serviceAccounts = ConcurrentHashMap.newKeySet();
  volatile Duration life = Duration.ofMinutes(1);
  volatile Duration longestLife = Duration.ofHours(1);
  volatile boolean renewable = true;
  volatile boolean away;
  volatile boolean denied;
  volatile String namespace = "";
  volatile String value = "secret-of-vault-canary";

  /** Fields of other secrets than {@link #value}, by path below {@code secret/}. */
  final Map<String, Map<String, String>> secrets = new ConcurrentHashMap<>();

  /** What a path is answered with instead, from what was sent. */
  final Map<String, Function<JsonNode, Reply>> instead = new ConcurrentHashMap<>();

  private final Map<String, Issued> tokens = new ConcurrentHashMap<>();
  private final AtomicInteger issued = new AtomicInteger();
  private final LongSupplier nanoTime;
  private final HttpServer server;

  private record Issued(long from, long until) {}

  record Reply(int status, String body) {
    static Reply error(int status, String reason) {
      var body = Json.object();
      body.putArray("errors").add(reason);
      return new Reply(status, body.toString());
    }
  }

  FakeVault(LongSupplier nanoTime, Executor threads) throws IOException {
    this.nanoTime = nanoTime;
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 50);
    server.setExecutor(threads);
    server.createContext("/", this::serve);
    server.start();
  }

  URI address() {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
  }

  /** As an operator does who has seen one in the wrong place. */
  void revokeTokens() {
    tokens.clear();
  }

  Duration leftOfNewest() {
    var now = nanoTime.getAsLong();
    return tokens.values().stream()
        .map(t -> Duration.ofNanos(t.until() - now))
        .max(Duration::compareTo)
        .orElse(Duration.ZERO);
  }

  long logins() {
    return asked.stream().filter(line -> line.endsWith("/login")).count();
  }

  long renewals() {
    return asked.stream().filter(line -> line.endsWith("/renew-self")).count();
  }

  private void serve(HttpExchange exchange) throws IOException {
    try (exchange) {
      var body = new String(exchange.getRequestBody().readAllBytes(), UTF_8);
      var answer = answer(exchange, Json.parse(body).orElseGet(Json::object));
      var bytes = answer.body().getBytes(UTF_8);
      exchange.getResponseHeaders().set("Content-Type", "application/json");
      exchange.sendResponseHeaders(answer.status(), bytes.length);
      exchange.getResponseBody().write(bytes);
    }
  }

  private Reply answer(HttpExchange exchange, JsonNode body) {
    var path = exchange.getRequestURI().getPath();
    var token = exchange.getRequestHeaders().getFirst("X-Vault-Token");
    var reading = path.startsWith(DATA);
    if (reading) {
      reads.incrementAndGet();
    } else {
      asked.add(exchange.getRequestMethod() + " " + path);
    }
    if (away) {
      return Reply.error(503, "Vault is sealed");
    }
    var sentNamespace = exchange.getRequestHeaders().getFirst("X-Vault-Namespace");
    if (!namespace.equals(sentNamespace == null ? "" : sentNamespace)) {
      return Reply.error(404, "no handler for route \"" + path.substring(4) + "\"");
    }
    if (instead.containsKey(path)) {
      return instead.get(path).apply(body);
    }
    return switch (path) {
      case "/v1/auth/approle/login" -> appRole(body);
      case "/v1/auth/kubernetes/login" -> kubernetes(body);
      case "/v1/auth/token/renew-self" -> renew(token == null ? "" : token);
      default ->
          reading
              ? secret(path.substring(DATA.length()), token == null ? "" : token)
              : Reply.error(404, "no handler");
    };
  }

  private Reply appRole(JsonNode body) {
    var known =
        body.path("role_id").asText().equals(ROLE_ID)
            && secretIds.contains(body.path("secret_id").asText());
    return known ? issue() : Reply.error(400, "invalid role or secret ID");
  }

  private Reply kubernetes(JsonNode body) {
    var role = body.path("role").asText();
    if (!role.equals("ash")) {
      return Reply.error(400, "invalid role name \"" + role + "\"");
    }
    return serviceAccounts.contains(body.path("jwt").asText())
        ? issue()
        : Reply.error(403, "permission denied");
  }

  private Reply issue() {
    var now = nanoTime.getAsLong();
    var token = "hvs.canary-token-" + issued.incrementAndGet();
    tokens.put(token, new Issued(now, now + life.toNanos()));
    return auth(token, life);
  }

  private Reply renew(String token) {
    var now = nanoTime.getAsLong();
    var held = tokens.get(token);
    if (held == null || held.until() - now <= 0 || !renewable) {
      return Reply.error(held == null || renewable ? 403 : 400, "lease is not renewable");
    }
    var until = Math.min(now + life.toNanos(), held.from() + longestLife.toNanos());
    tokens.put(token, new Issued(held.from(), until));
    return auth(token, Duration.ofNanos(until - now));
  }

  private Reply auth(String token, Duration left) {
    var auth =
        Json.object()
            .put("client_token", token)
            .put("accessor", "accessor-of-" + token.length())
            .put("lease_duration", left.toSeconds())
            .put("renewable", renewable);
    auth.putArray("policies").add("default");
    return new Reply(200, answerOf("auth", auth));
  }

  private Reply secret(String path, String token) {
    var held = tokens.get(token);
    if (held == null || held.until() - nanoTime.getAsLong() <= 0 || denied) {
      return Reply.error(403, "permission denied");
    }
    var fields =
        path.equals("ash/anthropic") ? Map.of("key", value) : secrets.getOrDefault(path, Map.of());
    if (fields.isEmpty()) {
      return new Reply(404, "{\"errors\":[]}");
    }
    var inner = Json.object();
    fields.forEach(inner::put);
    var data = Json.object().<ObjectNode>set("data", inner);
    data.putObject("metadata").put("version", 1).put("destroyed", false);
    return new Reply(200, answerOf("data", data));
  }

  /** What stands around every answer of Vault's. */
  private static String answerOf(String name, JsonNode part) {
    var answer = Json.object().put("lease_id", "").put("renewable", false).put("lease_duration", 0);
    answer.set(name, part);
    return answer.toString();
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
