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
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import software.amazon.eventstream.HeaderValue;
import software.amazon.eventstream.Message;

/** Bedrock's interface in front of the scripted model; it checks each signature. */
public final class FakeBedrock implements AutoCloseable {
  public static final String REGION = "eu-central-1";
  public static final String KEY_ID = AwsSignature.ID;
  public static final String SECRET = AwsSignature.SECRET;

  private static final Pattern PATH =
      Pattern.compile("/model/([^/]+)/(invoke|invoke-with-response-stream)");
  private static final ObjectMapper JSON = new ObjectMapper();

  private final ScriptedModel model;
  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final HttpClient client = HttpClient.newHttpClient();
  private final List<Seen> seen = new CopyOnWriteArrayList<>();
  private final AtomicInteger asked = new AtomicInteger();
  private volatile Fault fault = Fault.NONE;

  /** What goes wrong with every answer. */
  public enum Fault {
    NONE,
    THROTTLED,
    REFUSED,
    REFUSED_BY_A_GATEWAY,
    CHECKSUM,
    CUT,
    EXCEPTION
  }

  /** A request that was signed well. */
  public record Seen(
      String uri, String modelId, ObjectNode body, Map<String, List<String>> headers) {}

  private FakeBedrock(ScriptedModel model) throws IOException {
    this.model = model;
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 50);
    server.setExecutor(threads);
    server.createContext("/", this::handle);
    server.start();
  }

  public static FakeBedrock before(ScriptedModel model) throws IOException {
    return new FakeBedrock(model);
  }

  public String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  public List<Seen> seen() {
    return seen;
  }

  /** Requests, whether they were signed well or not. */
  int asked() {
    return asked.get();
  }

  void fail(Fault how) {
    fault = how;
  }

  private void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      var sent = exchange.getRequestBody().readAllBytes();
      asked.incrementAndGet();
      if (fault == Fault.REFUSED_BY_A_GATEWAY) {
        exchange.sendResponseHeaders(403, -1);
        return;
      }
      if (!AwsSignature.isGood(exchange, sent, REGION, "bedrock") || fault == Fault.REFUSED) {
        // As AWS does: it repeats what was signed.
        refuse(
            exchange,
            403,
            "InvalidSignatureException",
            "canonical string: x-amz-security-token:token-canary");
        return;
      }
      var path = PATH.matcher(exchange.getRequestURI().getRawPath());
      if (!path.matches()) {
        refuse(exchange, 404, "UnknownOperationException", "no such operation");
        return;
      }
      var body = (ObjectNode) JSON.readTree(sent);
      var id = URLDecoder.decode(path.group(1), UTF_8);
      seen.add(
          new Seen(
              exchange.getRequestURI().toString(),
              id,
              body.deepCopy(),
              Map.copyOf(exchange.getRequestHeaders())));
      if (!"bedrock-2023-05-31".equals(body.path("anthropic_version").asText())
          || body.has("model")
          || body.has("stream")) {
        refuse(exchange, 400, "ValidationException", "extraneous key is not permitted");
      } else if (fault == Fault.THROTTLED) {
        refuse(exchange, 429, "ThrottlingException", "Too many requests, please wait.");
      } else {
        answer(exchange, id, body, path.group(2).equals("invoke-with-response-stream"));
      }
    }
  }

  private static void refuse(HttpExchange exchange, int status, String type, String message)
      throws IOException {
    var body = JsonNodeFactory.instance.objectNode().put("message", message).toString();
    exchange
        .getResponseHeaders()
        .set("x-amzn-ErrorType", type + ":http://internal.amazon.com/coral/com.amazon.bedrock/");
    exchange.getResponseHeaders().set("content-type", "application/json");
    exchange.sendResponseHeaders(status, body.length());
    exchange.getResponseBody().write(body.getBytes(UTF_8));
  }

  private void answer(HttpExchange exchange, String id, ObjectNode body, boolean stream)
      throws IOException {
    body.remove(List.of("anthropic_version", "anthropic_beta"));
    body.put("model", id).put("stream", stream);
    var request =
        HttpRequest.newBuilder(URI.create(model.url() + "/v1/messages"))
            .POST(HttpRequest.BodyPublishers.ofString(body.toString()))
            .build();
    try {
      var answer = client.send(request, HttpResponse.BodyHandlers.ofLines());
      try (var lines = answer.body()) {
        if (answer.statusCode() != 200) {
          refuse(
              exchange,
              answer.statusCode(),
              "ValidationException",
              String.join("", lines.toList()));
        } else if (stream) {
          exchange.getResponseHeaders().set("content-type", "application/vnd.amazon.eventstream");
          exchange.sendResponseHeaders(200, 0);
          frames(exchange, lines.iterator());
        } else {
          var whole = String.join("\n", lines.toList()).getBytes(UTF_8);
          exchange.getResponseHeaders().set("content-type", "application/json");
          exchange.sendResponseHeaders(200, whole.length);
          exchange.getResponseBody().write(whole);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void frames(HttpExchange exchange, java.util.Iterator<String> lines) throws IOException {
    while (lines.hasNext()) {
      var line = lines.next();
      if (line.startsWith("data:")) {
        var data = line.substring("data:".length()).strip();
        var last = data.contains("\"content_block_delta\"") && fault != Fault.NONE;
        var bytes = frame(last, data);
        exchange.getResponseBody().write(bytes);
        exchange.getResponseBody().flush();
        if (last) {
          return;
        }
      }
    }
  }

  private byte[] frame(boolean last, String data) {
    if (last && fault == Fault.EXCEPTION) {
      return encoded(
          Map.of(":message-type", "exception", ":exception-type", "throttlingException"),
          "{\"message\":\"Too many tokens, please wait.\"}");
    }
    var bytes =
        encoded(
            Map.of(
                ":message-type", "event",
                ":event-type", "chunk",
                ":content-type", "application/json"),
            JsonNodeFactory.instance
                .objectNode()
                .put("bytes", Base64.getEncoder().encodeToString(data.getBytes(UTF_8)))
                .put("p", "abcdefgh")
                .toString());
    if (last && fault == Fault.CHECKSUM) {
      bytes[bytes.length - 10] ^= 1;
    }
    return last && fault == Fault.CUT ? java.util.Arrays.copyOf(bytes, bytes.length / 2) : bytes;
  }

  private static byte[] encoded(Map<String, String> headers, String payload) {
    var values = new java.util.LinkedHashMap<String, HeaderValue>();
    headers.forEach((name, value) -> values.put(name, HeaderValue.fromString(value)));
    var buffer = new Message(values, payload.getBytes(UTF_8)).toByteBuffer();
    var bytes = new byte[buffer.remaining()];
    buffer.get(bytes);
    return bytes;
  }

  @Override
  public void close() {
    server.stop(0);
    client.close();
    threads.close();
  }
}
