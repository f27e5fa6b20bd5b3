package dev.ash.node.api.http;

import dev.ash.node.api.json.JsonText;
import java.util.Map;
import org.apache.pekko.http.javadsl.model.ContentType;
import org.apache.pekko.http.javadsl.model.HttpCharset;
import org.apache.pekko.http.javadsl.model.HttpCharsets;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.MediaTypes;
import org.apache.pekko.http.javadsl.model.headers.ModeledCustomHeader;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.apache.pekko.util.ByteString;

/** Makes responses, with content types written as the contract writes them. */
public final class Replies {
  private static final HttpCharset UTF_8 = HttpCharsets.custom("utf-8");

  private static final ContentType JSON =
      MediaTypes.customWithOpenCharset("application", "json", Map.of(), false).toContentType(UTF_8);

  /** The text form of Prometheus. */
  private static final ContentType METRICS =
      MediaTypes.customWithOpenCharset("text", "plain", Map.of("version", "0.0.4"), false)
          .toContentType(UTF_8);

  private Replies() {}

  public static HttpResponse ok(Object body) {
    return json(200, body);
  }

  /** A body is a record, a map, a list or a node. */
  public static HttpResponse json(int status, Object body) {
    return HttpResponse.create()
        .withStatus(status)
        .withEntity(HttpEntities.create(JSON, ByteString.fromString(JsonText.write(body))));
  }

  public static HttpResponse metrics(String page) {
    return HttpResponse.create()
        .withEntity(HttpEntities.create(METRICS, ByteString.fromString(page)));
  }

  public static HttpResponse nothing() {
    return HttpResponse.create().withStatus(204).withEntity(HttpEntities.EMPTY);
  }

  static HttpHeader header(String name, String value) {
    return RawHeader.create(name, value);
  }

  /** The connection is closed after the response: the rest of the request was not read. */
  static HttpResponse closing(HttpResponse response) {
    return response.addHeader(connection("close"));
  }

  /**
   * A {@code Connection} header that is sent as it is. The server leaves out a keep-alive of its
   * own model, and the contract's streams say it.
   */
  static HttpHeader connection(String value) {
    return new ModeledCustomHeader("Connection", value) {
      @Override
      public boolean renderInRequests() {
        return false;
      }

      @Override
      public boolean renderInResponses() {
        return true;
      }
    };
  }
}
