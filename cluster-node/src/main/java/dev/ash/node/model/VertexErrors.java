package dev.ash.node.model;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.ash.node.model.Provider.Received;
import dev.ash.protocol.json.Json;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;

/**
 * Says in the Messages API's form what Vertex says in Google's; what the model's own server says is
 * in that form already.
 */
final class VertexErrors {
  private VertexErrors() {}

  /** An answer that is none, read to its end or to a bound. */
  static CompletionStage<Received> received(
      HttpResponse<Flow.Publisher<List<ByteBuffer>>> response) {
    return SmallBody.read(response.body())
        .thenApply(
            body -> turned(response, Json.parse(new String(body, UTF_8)).orElseGet(Json::object)));
  }

  private static Received turned(HttpResponse<?> response, JsonNode body) {
    var code = response.statusCode();
    // A stream that never began says it in an array.
    var error = (body.isArray() ? body.path(0) : body).path("error");
    var status = error.path("status").asText();
    var kind = status.matches("[A-Z_]{1,40}") ? status : "";
    if (code != 401
        && code != 403
        && body instanceof ObjectNode object
        && object.path("type").asText().equals("error")) {
      return CloudErrors.received(response, object);
    }
    return CloudErrors.received(
        response, CloudErrors.message("Vertex", code, kind, error.path("message").asText()));
  }
}
