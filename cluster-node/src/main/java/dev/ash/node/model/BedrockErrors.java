package dev.ash.node.model;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.ash.node.model.Provider.Received;
import dev.ash.protocol.json.Json;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Says in the Messages API's form what Bedrock says in Amazon's. */
final class BedrockErrors {
  private static final Logger LOG = LoggerFactory.getLogger(BedrockErrors.class);
  private static final int LONGEST_MESSAGE = 500;

  private BedrockErrors() {}

  /** An answer that is none, read to its end or to a bound. */
  static CompletionStage<Received> received(
      HttpResponse<Flow.Publisher<List<ByteBuffer>>> response) {
    var code = response.statusCode();
    var kind = response.headers().firstValue("x-amzn-errortype").map(BedrockErrors::kind);
    return SmallBody.read(response.body())
        .thenApply(
            body -> {
              var json = Json.parse(new String(body, UTF_8)).orElseGet(Json::object);
              var name = kind.orElseGet(() -> kind(json.path("__type").asText()));
              var text = error(type(code), message(code, name, json.path("message").asText()));
              var bytes = text.toString().getBytes(UTF_8);
              return new Received(
                  code,
                  Received.lines(response),
                  "application/json",
                  OptionalLong.of(bytes.length),
                  SmallBody.of(bytes));
            });
  }

  private static String kind(String shown) {
    // "ThrottlingException:http://internal.amazon.com/..." or
    // "com.amazon.coral#ThrottlingException"
    var name = shown.replaceFirst(":.*", "").replaceFirst(".*#", "");
    return name.matches("[A-Za-z]{1,80}") ? name : "";
  }

  private static String message(int code, String kind, String said) {
    if (code == 401 || code == 403) {
      // It repeats what was signed, and names the account and its role.
      LOG.warn("Bedrock refused what the node showed: {} {}", code, kind);
      return "Bedrock refused the node's credential (" + kind + "); the node's log says so too.";
    }
    return bounded(said, kind);
  }

  private static String bounded(String said, String kind) {
    var text = said.isBlank() ? "Bedrock answered with an error. " + kind : said;
    return text.strip().substring(0, Math.min(text.strip().length(), LONGEST_MESSAGE));
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

  /** The error event of a stream that has begun. */
  static ObjectNode inStream(Optional<String> exception, String said) {
    var name = exception.map(BedrockErrors::kind).orElse("");
    return error(
        switch (name.toLowerCase(Locale.ROOT)) {
          case "throttlingexception" -> "rate_limit_error";
          case "serviceunavailableexception" -> "overloaded_error";
          case "modeltimeoutexception" -> "timeout_error";
          case "validationexception" -> "invalid_request_error";
          default -> "api_error";
        },
        bounded(said, name));
  }

  private static ObjectNode error(String type, String message) {
    var json = Json.object().put("type", "error");
    json.putObject("error").put("type", type).put("message", message);
    return json;
  }
}
