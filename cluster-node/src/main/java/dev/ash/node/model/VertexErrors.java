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
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says in the Messages API's form what Vertex says in Google's; what the model's own server says is
 * in that form already.
 */
final class VertexErrors {
  private static final Logger LOG = LoggerFactory.getLogger(VertexErrors.class);

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
    if (code == 401 || code == 403) {
      // It names the project, the account and what this lacks.
      LOG.warn("Vertex refused what the node showed: {} {}", code, kind);
      return CloudErrors.received(
          response,
          "Vertex refused the node's credential (" + kind + "); the node's log says so too.");
    }
    return body instanceof ObjectNode object && object.path("type").asText().equals("error")
        ? CloudErrors.received(response, object)
        : CloudErrors.received(
            response,
            CloudErrors.bounded(
                error.path("message").asText(), "Vertex answered with an error. " + kind));
  }
}
