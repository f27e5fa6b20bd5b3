package dev.ash.node.model;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.ash.node.model.Provider.Received;
import dev.ash.protocol.json.Json;
import java.net.http.HttpResponse;
import java.util.OptionalLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The Messages API's form of what a cloud's service says in its own. */
final class CloudErrors {
  private static final Logger LOG = LoggerFactory.getLogger(CloudErrors.class);
  private static final int LONGEST_MESSAGE = 500;

  private CloudErrors() {}

  /** An answer with the status that came and these words. */
  static Received received(HttpResponse<?> response, String message) {
    return received(response, error(type(response.statusCode()), message));
  }

  static Received received(HttpResponse<?> response, ObjectNode json) {
    var bytes = json.toString().getBytes(UTF_8);
    return new Received(
        response.statusCode(),
        Received.lines(response),
        "application/json",
        OptionalLong.of(bytes.length),
        SmallBody.of(bytes));
  }

  /**
   * What an agent is told of an error.
   *
   * @param service is named as whose error it is
   * @param kind of the error in the service's words; may be empty
   * @param said by the service, which is not repeated where it names accounts and rights
   */
  static String message(String service, int code, String kind, String said) {
    if (code == 401 || code == 403) {
      LOG.warn("{} refused what the node showed: {} {}", service, code, kind);
      return service + " refused the node's credential (" + kind + "); the node's log says so too.";
    }
    return bounded(service, kind, said);
  }

  /** What was said, or that nothing was. */
  static String bounded(String service, String kind, String said) {
    var text = (said.isBlank() ? service + " answered with an error. " + kind : said).strip();
    return text.substring(0, Math.min(text.length(), LONGEST_MESSAGE));
  }

  private static String type(int code) {
    return switch (code) {
      case 400, 409, 422 -> "invalid_request_error";
      case 401 -> "authentication_error";
      case 403 -> "permission_error";
      case 404 -> "not_found_error";
      case 408, 504 -> "timeout_error";
      case 413 -> "request_too_large";
      case 429 -> "rate_limit_error";
      case 503 -> "overloaded_error";
      default -> "api_error";
    };
  }

  static ObjectNode error(String type, String message) {
    var json = Json.object().put("type", "error");
    json.putObject("error").put("type", type).put("message", message);
    return json;
  }
}
