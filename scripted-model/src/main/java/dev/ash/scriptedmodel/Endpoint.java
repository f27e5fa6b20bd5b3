package dev.ash.scriptedmodel;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import dev.ash.scriptedmodel.ScriptedModel.Call;
import dev.ash.scriptedmodel.ScriptedModel.Tokens;
import dev.ash.scriptedmodel.Step.Failure;
import dev.ash.scriptedmodel.Step.InvalidScriptException;
import java.io.IOException;
import java.io.OutputStream;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;

/** The HTTP side: routes, credentials, validation, and sending an answer at its pace. */
final class Endpoint implements HttpHandler {
  private static final int MAX_BODY = 64 << 20;
  private static final int KEPT_BODY = 64 << 10;
  private static final List<String> MODELS =
      List.of("claude-opus-5-5", "claude-sonnet-5", "claude-haiku-4-5");
  private static final Set<String> VERSIONS = Set.of("2023-01-01", "2023-06-01");
  private static final Pattern BETA = Pattern.compile("[a-z0-9-]{1,100}-\\d{4}-?\\d{2}-?\\d{2}");
  private static final ObjectMapper JSON =
      new ObjectMapper(
          JsonFactory.builder()
              .streamReadConstraints(
                  StreamReadConstraints.builder().maxStringLength(MAX_BODY).build())
              .build());

  private final ScriptedModel model;
  private final ScriptedModel.Options options;
  private final Answers answers;
  private final Attempts attempts = new Attempts();
  private final Clockwork clockwork = new Clockwork();
  private final AtomicLong number = new AtomicLong();

  /** The request cannot be answered; the error goes to the client. */
  private static final class RefusedException extends Exception {
    final Failure failure;

    RefusedException(int status, String message) {
      super(message, null, false, false);
      failure = new Failure(status, Errors.type(status), message, Map.of());
    }
  }

  Endpoint(ScriptedModel model, ScriptedModel.Options options) {
    this.model = model;
    this.options = options;
    this.answers = new Answers(options.pace().toMillis());
  }

  void stop() {
    clockwork.stop();
  }

  @Override
  public void handle(HttpExchange exchange) throws IOException {
    model.opened();
    var left = true;
    try {
      var body = exchange.getRequestBody().readNBytes(MAX_BODY + 1);
      model.received(call(exchange, body));
      exchange
          .getResponseHeaders()
          .set("request-id", "req_scripted_%06d".formatted(number.incrementAndGet()));
      try {
        route(exchange, body);
      } catch (RefusedException refused) {
        fail(exchange, refused.failure);
      }
      exchange.close();
      left = false;
    } catch (Clockwork.CutException e) {
      // An exception out of the handler is what makes the server drop the connection at once.
      left = false;
      throw e;
    } finally {
      model.ended(left);
    }
  }

  private static Call call(HttpExchange exchange, byte[] body) {
    var headers = new HashMap<String, List<String>>();
    exchange
        .getRequestHeaders()
        .forEach((name, values) -> headers.put(name.toLowerCase(Locale.ROOT), List.copyOf(values)));
    return new Call(
        exchange.getRequestMethod(),
        exchange.getRequestURI().toString(),
        headers,
        new String(body, 0, Math.min(body.length, KEPT_BODY), UTF_8),
        body.length);
  }

  private void route(HttpExchange exchange, byte[] body) throws IOException, RefusedException {
    var path = exchange.getRequestURI().getPath();
    var method = exchange.getRequestMethod();
    if (method.equals("HEAD") && (path.equals("/") || path.equals("/api/hello"))) {
      exchange.sendResponseHeaders(200, -1);
      return;
    }
    authenticate(exchange);
    if (body.length > MAX_BODY) {
      throw new RefusedException(413, "Request exceeds the maximum size");
    }
    checkVersions(exchange);
    switch (path) {
      case "/v1/messages" -> messages(exchange, request(method, body, true));
      case "/v1/messages/count_tokens" ->
          send(
              exchange,
              200,
              JsonNodeFactory.instance
                  .objectNode()
                  .put("input_tokens", inputTokens(request(method, body, false))));
      case "/v1/models" -> send(exchange, 200, models());
      default -> {
        if (!path.startsWith("/v1/models/")) {
          throw new RefusedException(404, "Not found");
        }
        send(exchange, 200, modelInfo(path.substring("/v1/models/".length())));
      }
    }
  }

  private void authenticate(HttpExchange exchange) throws RefusedException {
    if (options.requireKey().isEmpty()) {
      return;
    }
    var key = exchange.getRequestHeaders().getFirst("x-api-key");
    var bearer = exchange.getRequestHeaders().getFirst("authorization");
    if (key == null && bearer == null) {
      throw new RefusedException(401, "x-api-key header is required");
    }
    var wanted = options.requireKey().get();
    if (!wanted.equals(key) && !("Bearer " + wanted).equals(bearer)) {
      throw new RefusedException(401, key != null ? "invalid x-api-key" : "Invalid bearer token");
    }
  }

  /** As the real API: who asks for a version or a beta that there is not is told so. */
  private void checkVersions(HttpExchange exchange) throws RefusedException {
    var headers = exchange.getRequestHeaders();
    var version = headers.getFirst("anthropic-version");
    if (version == null && options.requireVersion()) {
      throw new RefusedException(400, "Missing required header: anthropic-version");
    }
    if (version != null && !VERSIONS.contains(version)) {
      throw new RefusedException(
          400, "anthropic-version: \"" + version + "\" is not a valid version");
    }
    for (var line : headers.getOrDefault("anthropic-beta", List.of())) {
      for (var beta : line.split(",", -1)) {
        if (!beta.isBlank() && !BETA.matcher(beta.strip()).matches()) {
          throw new RefusedException(
              400, "Unexpected value(s) `" + beta.strip() + "` for the `anthropic-beta` header.");
        }
      }
    }
  }

  private static JsonNode request(String method, byte[] body, boolean answer)
      throws RefusedException, IOException {
    if (!method.equals("POST")) {
      throw new RefusedException(405, "Method Not Allowed");
    }
    JsonNode request;
    try {
      request = JSON.readTree(body);
    } catch (JsonProcessingException e) {
      throw new RefusedException(
          400, "The request body is not valid JSON: " + e.getOriginalMessage());
    }
    if (!request.path("model").isTextual()) {
      throw new RefusedException(400, "model: Field required");
    }
    if (!request.path("messages").isArray() || request.path("messages").isEmpty()) {
      throw new RefusedException(400, "messages: at least one message is required");
    }
    if (answer && !request.path("max_tokens").canConvertToInt()) {
      throw new RefusedException(400, "max_tokens: Field required");
    }
    return request;
  }

  private void messages(HttpExchange exchange, JsonNode request)
      throws IOException, RefusedException {
    Step step;
    try {
      step = answers.answer(Conversation.of(request));
    } catch (InvalidScriptException e) {
      throw new RefusedException(400, String.valueOf(e.getMessage()));
    }
    var session = exchange.getRequestHeaders().getFirst("x-claude-code-session-id");
    var suffers = step.times() > 0;
    if (suffers && step.times() < Integer.MAX_VALUE) {
      suffers = attempts.next(session + "\n" + request.path("messages")) <= step.times();
    }
    clockwork.pause(step.pace().slowMs());
    if (step.error().isPresent() && suffers) {
      fail(exchange, step.error().get());
      return;
    }
    var name = request.path("model").textValue();
    var id = "msg_" + attempts.unique(request.toString());
    var message = new Message(id, name, step, inputTokens(request));
    if (request.path("stream").asBoolean()) {
      exchange.getResponseHeaders().set("content-type", "text/event-stream; charset=utf-8");
      exchange.getResponseHeaders().set("cache-control", "no-cache");
      exchange.sendResponseHeaders(200, 0);
      if (!stream(exchange.getResponseBody(), message, suffers)) {
        return;
      }
    } else {
      clockwork.pause(step.pace().ttftMs());
      if (step.hang() != Step.Hang.NO) {
        clockwork.forever();
      }
      send(exchange, 200, message.whole());
    }
    model.count(name, new Tokens(message.countedInput(), message.outputTokens()));
  }

  /** False when it ended with an error and not with its end. */
  private boolean stream(OutputStream out, Message message, boolean suffers) throws IOException {
    var step = message.step();
    var sent = 0;
    var first = true;
    for (var event : message.events()) {
      if (suffers && step.cut().isPresent() && sent == step.cut().getAsInt()) {
        out.flush();
        throw new Clockwork.CutException("cut by the script");
      }
      if (suffers && step.errorMid().isPresent() && sent == step.errorMid().get().after()) {
        var error = step.errorMid().get();
        write(out, "error", Errors.body(error.type(), error.message()));
        return false;
      }
      if (event.delta()) {
        clockwork.pause(first ? step.pace().ttftMs() : step.pace().chunkMs());
        if (step.pace().gate().isPresent()) {
          clockwork.pass(model.gate(step.pace().gate().get()));
        }
        first = false;
      }
      if (step.hang() != Step.Hang.NO && event.name().equals("message_delta")) {
        hang(out, step.hang());
      }
      write(out, event.name(), event.data());
      sent++;
    }
    return true;
  }

  private void hang(OutputStream out, Step.Hang hang) throws IOException {
    if (hang == Step.Hang.SILENT) {
      clockwork.forever();
    }
    while (true) {
      clockwork.pause(Clockwork.PING_MS);
      write(out, "ping", Message.event("ping"));
    }
  }

  private static void write(OutputStream out, String name, JsonNode data) throws IOException {
    out.write(("event: " + name + "\ndata: " + data + "\n\n").getBytes(UTF_8));
    out.flush();
  }

  private static int inputTokens(JsonNode request) {
    return Math.max(
        1,
        Message.tokens(
            request.path("system").toString().length()
                + request.path("tools").toString().length()
                + request.path("messages").toString().length()));
  }

  private static JsonNode models() {
    var list = JsonNodeFactory.instance.objectNode();
    var data = list.putArray("data");
    MODELS.forEach(name -> data.add(modelInfo(name)));
    return list.put("has_more", false)
        .put("first_id", MODELS.getFirst())
        .put("last_id", MODELS.getLast());
  }

  private static JsonNode modelInfo(String name) {
    return JsonNodeFactory.instance
        .objectNode()
        .put("type", "model")
        .put("id", name)
        .put("display_name", name)
        .put("created_at", "2026-01-01T00:00:00Z");
  }

  private static void fail(HttpExchange exchange, Failure failure) throws IOException {
    failure.headers().forEach(exchange.getResponseHeaders()::set);
    var body = Errors.body(failure.type(), failure.message());
    body.put("request_id", exchange.getResponseHeaders().getFirst("request-id"));
    send(exchange, failure.status(), body);
  }

  private static void send(HttpExchange exchange, int status, JsonNode body) throws IOException {
    var bytes = JSON.writeValueAsBytes(body);
    exchange.getResponseHeaders().set("content-type", "application/json");
    exchange.sendResponseHeaders(status, bytes.length);
    exchange.getResponseBody().write(bytes);
  }
}
