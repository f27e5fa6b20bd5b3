package dev.ash.gateway.server;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.ash.protocol.json.Json;

/**
 * An error in the shape of the Messages API.
 *
 * @param type as that names it
 */
record Refusal(int status, String type, String message) {
  /** One of the gateway's own. */
  Refusal(int status, String message) {
    this(status, typeOf(status), message);
  }

  byte[] body() {
    return text().getBytes(UTF_8);
  }

  /** In the shape of Kong's admin API. */
  byte[] kongBody() {
    return Json.write(Json.object().put("message", message)).getBytes(UTF_8);
  }

  String text() {
    var body = Json.object().put("type", "error");
    body.putObject("error").put("type", type).put("message", message);
    return Json.write(body);
  }

  private static String typeOf(int status) {
    return switch (status) {
      case 401 -> "authentication_error";
      case 403 -> "permission_error";
      case 404 -> "not_found_error";
      case 413 -> "request_too_large";
      case 429 -> "rate_limit_error";
      case 503 -> "overloaded_error";
      case 504 -> "timeout_error";
      default -> status < 500 ? "invalid_request_error" : "api_error";
    };
  }
}
