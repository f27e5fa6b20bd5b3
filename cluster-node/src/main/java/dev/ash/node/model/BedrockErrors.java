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
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;

/** Says in the Messages API's form what Bedrock says in Amazon's. */
final class BedrockErrors {
  /** Names the kind of error in the head of an answer. */
  static final String KIND = "x-amzn-errortype";

  private BedrockErrors() {}

  /** An answer that is none, read to its end or to a bound. */
  static CompletionStage<Received> received(
      HttpResponse<Flow.Publisher<List<ByteBuffer>>> response) {
    var code = response.statusCode();
    var kind = response.headers().firstValue(KIND).map(BedrockErrors::kind);
    return SmallBody.read(response.body())
        .thenApply(
            body -> {
              var json = Json.parse(new String(body, UTF_8)).orElseGet(Json::object);
              var name = kind.orElseGet(() -> kind(json.path("__type").asText()));
              return CloudErrors.received(
                  response,
                  CloudErrors.message("Bedrock", code, name, json.path("message").asText()));
            });
  }

  private static String kind(String shown) {
    // "ThrottlingException:http://internal.amazon.com/..." or
    // "com.amazon.coral#ThrottlingException"
    var name = shown.replaceFirst(":.*", "").replaceFirst(".*#", "");
    return name.matches("[A-Za-z]{1,80}") ? name : "";
  }

  /** The error event of a stream that has begun. */
  static ObjectNode inStream(Optional<String> exception, String said) {
    var name = exception.map(BedrockErrors::kind).orElse("");
    return CloudErrors.error(
        switch (name.toLowerCase(Locale.ROOT)) {
          case "throttlingexception" -> "rate_limit_error";
          case "serviceunavailableexception" -> "overloaded_error";
          case "modeltimeoutexception" -> "timeout_error";
          case "validationexception" -> "invalid_request_error";
          default -> "api_error";
        },
        CloudErrors.bounded("Bedrock", name, said));
  }
}
