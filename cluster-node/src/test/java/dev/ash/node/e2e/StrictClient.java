package dev.ash.node.e2e;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** A client of the API that takes nothing on trust: what it reads is what the contract promises. */
public final class StrictClient {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final HttpClient HTTP =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private static final Duration LIMIT = Duration.ofSeconds(60);

  private final String url;
  private final String key;

  /** An answer that is not a stream. */
  public static final class Answer {
    private final int status;
    private final HttpHeaders headers;
    private final byte[] bytes;

    private Answer(int status, HttpHeaders headers, byte[] bytes) {
      this.status = status;
      this.headers = headers;
      this.bytes = bytes;
    }

    public int status() {
      return status;
    }

    public byte[] bytes() {
      return bytes.clone();
    }

    public String text() {
      return new String(bytes, StandardCharsets.UTF_8);
    }

    public JsonNode json() {
      return StrictClient.json(text());
    }

    public String header(String name) {
      return headers.firstValue(name).orElse("(none)");
    }

    /** This answer, if it has the status; what came instead is in the message. */
    public Answer expect(int expected) {
      if (status != expected) {
        throw new AssertionError("status " + status + " (expected: " + expected + "): " + text());
      }
      return this;
    }

    @Override
    public String toString() {
      return status + " " + text();
    }
  }

  /** An empty key sends no Authorization header. */
  public StrictClient(String url, String key) {
    this.url = url;
    this.key = key;
  }

  public static JsonNode json(String text) {
    try {
      return JSON.readTree(text);
    } catch (IOException e) {
      throw new UncheckedIOException(text, e);
    }
  }

  /** An empty JSON object, to be filled. */
  public static ObjectNode object() {
    return JSON.createObjectNode();
  }

  public Answer get(String path) {
    return send("GET", path, Map.of(), new byte[0]);
  }

  public Answer delete(String path) {
    return send("DELETE", path, Map.of(), new byte[0]);
  }

  public Answer post(String path) {
    return send("POST", path, Map.of(), new byte[0]);
  }

  public Answer post(String path, String json) {
    return send("POST", path, Map.of("Content-Type", "application/json"), utf8(json));
  }

  public Answer patch(String path, String json) {
    return send("PATCH", path, Map.of("Content-Type", "application/json"), utf8(json));
  }

  /** Any request; the path goes out as it stands. */
  public Answer send(String method, String path, Map<String, String> headers, byte[] body) {
    var request =
        HttpRequest.newBuilder(URI.create(url + path))
            .timeout(LIMIT)
            .method(
                method,
                body.length == 0
                    ? HttpRequest.BodyPublishers.noBody()
                    : HttpRequest.BodyPublishers.ofByteArray(body));
    if (!key.isEmpty()) {
      request.setHeader("Authorization", "Bearer " + key);
    }
    headers.forEach(request::setHeader);
    try {
      var response = HTTP.send(request.build(), BodyHandlers.ofByteArray());
      return new Answer(response.statusCode(), response.headers(), response.body());
    } catch (IOException e) {
      throw new UncheckedIOException(method + " " + path, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** Deploys a folder of the node's host. */
  public JsonNode deploy(String name, String path) {
    var body = object().put("name", name).put("path", path);
    return post("/api/agents", body.toString()).expect(201).json().get("agent");
  }

  /** Creates a session of an agent; the id. */
  public String createSession(String agent) {
    return createSession(object().put("agent", agent));
  }

  /** The same with everything that a create request may carry. */
  public String createSession(ObjectNode request) {
    return post("/api/sessions", request.toString())
        .expect(201)
        .json()
        .get("session")
        .get("id")
        .asText();
  }

  /** Sends a message and reads to the end of the turn. */
  public List<EventStream.Frame> say(String session, String content) {
    try (var stream = send(session, content)) {
      return stream.rest();
    }
  }

  /** Sends a message; the reply is read as it comes. */
  public EventStream send(String session, String content) {
    return send(session, object().put("content", content));
  }

  /** The same with options. */
  public EventStream send(String session, ObjectNode message) {
    return post("/api/sessions/" + session + "/messages", message, Map.of());
  }

  /** Any request that is answered by a stream. */
  public EventStream post(String path, ObjectNode body, Map<String, String> headers) {
    return EventStream.open(url, key, "POST", path, headers, body.toString());
  }

  /** Any GET that is answered by a stream. */
  public EventStream get(String path, Map<String, String> headers) {
    return EventStream.open(url, key, "GET", path, headers, "");
  }

  /** Follows a session: from its beginning, or from {@code Last-Event-ID}. */
  public EventStream follow(String session, String lastEventId) {
    return get(
        "/api/sessions/" + session + "/stream",
        lastEventId.isEmpty() ? Map.of() : Map.of("Last-Event-ID", lastEventId));
  }

  /** Runs a command in the sandbox. */
  public JsonNode exec(String session, String command) {
    return post(
            "/api/sessions/" + session + "/exec",
            object().put("command", command).put("timeout", 30_000).toString())
        .expect(200)
        .json();
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
