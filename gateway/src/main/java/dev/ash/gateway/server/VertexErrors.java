package dev.ash.gateway.server;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.ash.protocol.json.Json;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpResponse;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Says in the Messages API's form what Vertex says: in that one, or in Google's. */
final class VertexErrors {
  private static final Logger LOG = LoggerFactory.getLogger(VertexErrors.class);
  private static final int MAX_BODY = 64 << 10;
  private static final int MAX_MESSAGE = 500;

  private VertexErrors() {}

  /** Reads an answer that is none, to its end or to a bound. */
  static Refusal read(HttpResponse<InputStream> response) throws IOException {
    try (var in = response.body()) {
      return of(response.statusCode(), new String(in.readNBytes(MAX_BODY), UTF_8));
    }
  }

  static Refusal of(int status, String body) {
    var json = Json.parse(body).orElseGet(Json::object);
    // A stream that never began says it in an array.
    var error = (json.isArray() ? json.path(0) : json).path("error");
    var word = error.path("status").asText();
    var kind = word.matches("[A-Z_]{1,40}") ? word : "";
    if (status == 401 || status == 403) {
      // Its words name accounts and rights, which are no caller's business.
      LOG.warn("Vertex refused what the gateway showed: {} {}", status, kind);
      return new Refusal(
          status, "Vertex refused the gateway's credential (" + kind + "); its log says so too");
    }
    var said = error.path("message").asText();
    var text = said.isBlank() ? ("Vertex answered with an error " + kind).strip() : said.strip();
    var message = text.substring(0, Math.min(text.length(), MAX_MESSAGE));
    var type = error.path("type").asText();
    return json.path("type").asText().equals("error") && type.matches("[a-z_]{1,40}")
        ? new Refusal(status, type, message)
        : new Refusal(status, message);
  }
}
