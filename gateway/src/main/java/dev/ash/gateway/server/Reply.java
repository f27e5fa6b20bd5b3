package dev.ash.gateway.server;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.ash.protocol.json.Json;
import java.io.IOException;
import java.util.Optional;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.server.Response;

/**
 * What a route of the gateway's own answers.
 *
 * @param body empty for 204
 * @param allow the methods there are, for 405
 * @param retryAfter seconds
 * @param key the id of the key that was made or ended
 */
record Reply(
    int status,
    String type,
    String body,
    Optional<String> allow,
    Optional<Integer> retryAfter,
    Optional<String> key) {
  private static final String JSON = "application/json";

  private static Reply of(int status, String type, String body) {
    return new Reply(status, type, body, Optional.empty(), Optional.empty(), Optional.empty());
  }

  static Reply json(int status, ObjectNode body) {
    return of(status, JSON, Json.write(body) + "\n");
  }

  static Reply csv(String body) {
    return of(200, "text/csv; charset=utf-8", body);
  }

  static Reply nothing() {
    return of(204, JSON, "");
  }

  static Reply refused(int status, String message) {
    return of(status, JSON, new Refusal(status, message).text());
  }

  /** For a method that there is not. */
  static Reply only(String methods) {
    return refused(405, "Method Not Allowed").allowing(methods);
  }

  Reply allowing(String methods) {
    return new Reply(status, type, body, Optional.of(methods), retryAfter, key);
  }

  Reply again(int seconds) {
    return new Reply(status, type, body, allow, Optional.of(seconds), key);
  }

  Reply about(String id) {
    return new Reply(status, type, body, allow, retryAfter, Optional.of(id));
  }

  void write(Response response, Visit visit, Answer answer) throws IOException {
    var headers = response.getHeaders();
    allow.ifPresent(methods -> headers.put(HttpHeader.ALLOW, methods));
    retryAfter.ifPresent(seconds -> headers.put(HttpHeader.RETRY_AFTER, seconds));
    // A key may be in it: nobody on the way may keep it.
    headers.put(HttpHeader.CACHE_CONTROL, "no-store");
    visit.keyId = key;
    visit.status = status;
    var bytes = body.getBytes(UTF_8);
    visit.sent = bytes.length;
    answer.own(response, status, type, bytes);
  }
}
