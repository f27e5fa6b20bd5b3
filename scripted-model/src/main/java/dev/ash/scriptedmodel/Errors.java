package dev.ash.scriptedmodel;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

/** The error bodies of the Messages API. */
final class Errors {
  private Errors() {}

  static String type(int status) {
    return switch (status) {
      case 401 -> "authentication_error";
      case 403 -> "permission_error";
      case 404 -> "not_found_error";
      case 413 -> "request_too_large";
      case 429 -> "rate_limit_error";
      case 504 -> "timeout_error";
      case 529 -> "overloaded_error";
      default -> status < 500 ? "invalid_request_error" : "api_error";
    };
  }

  static String message(int status) {
    return switch (status) {
      case 401 -> "invalid x-api-key";
      case 404 -> "Not found";
      case 429 -> "This request would exceed your rate limit.";
      case 529 -> "Overloaded";
      default -> status < 500 ? "Bad request" : "Internal server error";
    };
  }

  static ObjectNode body(String type, String message) {
    var body = JsonNodeFactory.instance.objectNode().put("type", "error");
    body.putObject("error").put("type", type).put("message", message);
    return body;
  }
}
