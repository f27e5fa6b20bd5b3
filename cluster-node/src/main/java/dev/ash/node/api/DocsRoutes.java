package dev.ash.node.api;

import dev.ash.node.api.docs.OpenApi;
import dev.ash.node.api.docs.SwaggerUi;
import dev.ash.node.api.http.Endpoint;
import dev.ash.node.api.http.Exchange;
import dev.ash.node.api.http.Problems;
import dev.ash.node.api.json.JsonText;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.stream.Stream;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.MediaTypes;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;

/** {@code /docs}: what the API takes and answers; made when somebody asks for the first time. */
final class DocsRoutes {
  /**
   * Its own scripts and styles, and its own API; Swagger UI sets styles and shows inline images.
   */
  private static final String POLICY =
      "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:;"
          + " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

  private final List<Endpoint> described;
  private @Nullable Texts texts;

  private record Texts(ByteString json, ByteString yaml) {}

  @FunctionalInterface
  private interface Reading {
    HttpResponse read(Exchange exchange) throws IOException;
  }

  DocsRoutes(List<Endpoint> others) {
    this.described = Stream.concat(others.stream(), endpoints().stream()).toList();
  }

  List<Endpoint> endpoints() {
    return Stream.of(
            Endpoint.get("/docs", blocking(_ -> page(SwaggerUi.index()))),
            Endpoint.get("/docs/", blocking(_ -> page(SwaggerUi.index()))),
            Endpoint.get("/docs/static/*", blocking(DocsRoutes::file)),
            Endpoint.get("/docs/json", blocking(_ -> text("json", texts().json()))),
            Endpoint.get("/docs/yaml", blocking(_ -> text("yaml", texts().yaml()))))
        .map(endpoint -> endpoint.openTo(Endpoint.Access.OPEN))
        .toList();
  }

  /** All endpoints of the API, also these. */
  List<Endpoint> described() {
    return described;
  }

  private synchronized Texts texts() {
    var known = texts;
    if (known == null) {
      var document = OpenApi.of(described, Api.VERSION);
      known =
          new Texts(
              ByteString.fromString(JsonText.write(document)),
              ByteString.fromString(OpenApi.yaml(document)));
      texts = known;
    }
    return known;
  }

  private static HttpResponse file(Exchange exchange) throws IOException {
    return SwaggerUi.file(exchange.param("*"))
        .map(DocsRoutes::page)
        .orElseGet(() -> Problems.of(404, "File not found"));
  }

  private static HttpResponse text(String kind, ByteString bytes) {
    return page(new SwaggerUi.Page("application/" + kind, bytes));
  }

  private static HttpResponse page(SwaggerUi.Page page) {
    var slash = page.type().indexOf('/');
    var type =
        MediaTypes.customBinary(
            page.type().substring(0, slash), page.type().substring(slash + 1), true);
    return HttpResponse.create()
        .withEntity(HttpEntities.create(type.toContentType(), page.bytes()))
        .addHeaders(
            List.of(
                RawHeader.create("Content-Security-Policy", POLICY),
                RawHeader.create("X-Content-Type-Options", "nosniff"),
                RawHeader.create("Referrer-Policy", "no-referrer"),
                RawHeader.create("Cache-Control", "no-cache")));
  }

  private static Endpoint.Handler blocking(Reading reading) {
    return exchange -> {
      var executor = exchange.materializer().system().dispatchers().lookup("blocking-io");
      return supply(reading, exchange, executor);
    };
  }

  private static CompletionStage<HttpResponse> supply(
      Reading reading, Exchange exchange, Executor executor) {
    return CompletableFuture.supplyAsync(
        () -> {
          try {
            return reading.read(exchange);
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        },
        executor);
  }
}
