package dev.ash.gateway.server;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.ash.protocol.json.Json;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpResponse;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Says in the Messages API's form what Vertex says: in that one, or in Google's. */
final class VertexErrors {
  private static final Logger LOG = LoggerFactory.getLogger(VertexErrors.class);
  private static final int MAX_BODY = 64 << 10;
  private static final long MOST_SECONDS = 10;
  private static final int MAX_MESSAGE = 500;

  private VertexErrors() {}

  /**
   * Reads an answer that is none, to its end or to a bound; one that does not come in time is as
   * good as empty.
   *
   * @param threads one is blocked meanwhile
   */
  static Refusal read(HttpResponse<InputStream> response, ExecutorService threads)
      throws IOException, InterruptedException {
    try (var in = response.body()) {
      var body = threads.submit(() -> in.readNBytes(MAX_BODY));
      return of(response.statusCode(), new String(body.get(MOST_SECONDS, TimeUnit.SECONDS), UTF_8));
    } catch (TimeoutException | ExecutionException _) {
      return of(response.statusCode(), "");
    }
  }

  /** What an answer counts as: a credential of ours that is refused is no fault of a caller. */
  static int status(HttpResponse<InputStream> response) {
    return status(response.statusCode());
  }

  private static int status(int status) {
    return status == 401 || status == 403 ? 502 : status;
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
          status(status),
          "Vertex refused the gateway's credential (" + kind + "); its log says so too");
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
