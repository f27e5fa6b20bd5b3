package dev.ash.client.http;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.Optional;

/**
 * One request of the API.
 *
 * @param path with the query, each segment encoded ({@link Paths})
 * @param idempotencyKey makes the server do the request once, however often it is sent
 * @param answer how long the head of the answer may take; the client's own when absent
 * @param onlyIf what the server has to find for it to do the request
 */
public record Call(
    String method,
    String path,
    Optional<Body> body,
    Optional<String> idempotencyKey,
    Optional<String> lastEventId,
    Optional<Duration> answer,
    Optional<OnlyIf> onlyIf) {

  public static Call get(String path) {
    return of("GET", path);
  }

  public static Call post(String path) {
    return of("POST", path);
  }

  public static Call post(String path, JsonNode body) {
    return of("POST", path).with(Body.of(body));
  }

  public static Call patch(String path, JsonNode body) {
    return of("PATCH", path).with(Body.of(body));
  }

  public static Call delete(String path) {
    return of("DELETE", path);
  }

  private static Call of(String method, String path) {
    return new Call(
        method,
        path,
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty());
  }

  public Call with(Body json) {
    return new Call(method, path, Optional.of(json), idempotencyKey, lastEventId, answer, onlyIf);
  }

  public Call once(String key) {
    return new Call(method, path, body, Optional.of(key), lastEventId, answer, onlyIf);
  }

  public Call behind(String eventId) {
    return new Call(method, path, body, idempotencyKey, Optional.of(eventId), answer, onlyIf);
  }

  public Call within(Duration limit) {
    return new Call(method, path, body, idempotencyKey, lastEventId, Optional.of(limit), onlyIf);
  }

  public Call when(Optional<OnlyIf> condition) {
    return new Call(method, path, body, idempotencyKey, lastEventId, answer, condition);
  }

  /** Whether doing it twice is as good as once. */
  boolean isRepeatable() {
    return method.equals("GET") || idempotencyKey.isPresent();
  }
}
