package dev.ash.node.api;

import static dev.ash.node.api.SessionRoutes.SESSION_ID;
import static dev.ash.node.api.json.Schema.object;
import static dev.ash.node.api.json.Schema.text;

import dev.ash.node.api.http.BodyRule;
import dev.ash.node.api.http.Endpoint;
import dev.ash.node.api.http.Exchange;
import dev.ash.node.api.http.Problems;
import dev.ash.node.api.http.Replies;
import dev.ash.node.api.json.FileSieve;
import dev.ash.node.api.json.Schema;
import dev.ash.node.session.Bundles;
import dev.ash.node.upload.Content;
import dev.ash.node.workspace.TarballReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.http.javadsl.model.HttpResponse;

/** A session's workspace as one file (contract 2.9). */
final class BundleRoutes {
  private static final long BODY_LIMIT = 140_509_184;
  private static final Schema.Fields BUNDLE = object().required("bundle", text());

  private final Bundles bundles;

  BundleRoutes(Bundles bundles) {
    this.bundles = bundles;
  }

  List<Endpoint> endpoints() {
    return List.of(
        Endpoint.get("/api/sessions/:id/workspace", this::download).withParams(SESSION_ID),
        Endpoint.post("/api/sessions/:id/workspace", BUNDLE, this::upload)
            .taking(
                BodyRule.of(BUNDLE)
                    .upTo(BODY_LIMIT)
                    .with(FileSieve.Contents.one("bundle", Bundles.LARGEST)))
            .withParams(SESSION_ID)
            .withShortFaults());
  }

  private CompletionStage<HttpResponse> download(Exchange exchange) {
    return bundles
        .download(exchange.tenant(), exchange.session())
        .thenApply(
            Outcomes.ofSession(
                bundle ->
                    Downloads.bundle(
                        exchange.session() + ".tar.gz", bundle.size(), bundle.bytes())));
  }

  private CompletionStage<HttpResponse> upload(Exchange exchange) {
    var bundle = exchange.content(exchange.body().path("bundle"));
    if (bundle.size() == 0) {
      return CompletableFuture.completedStage(Problems.of(400, "Empty bundle"));
    }
    if (bundle.size() > Bundles.LARGEST) {
      return CompletableFuture.completedStage(
          Problems.of(413, "Bundle exceeds maximum size of " + Bundles.LARGEST + " bytes"));
    }
    return CompletableFuture.supplyAsync(
            () -> isGzip(bundle.content()),
            exchange.materializer().system().dispatchers().lookup("blocking-io"))
        .thenCompose(
            isGzip ->
                isGzip
                    ? unpack(exchange, bundle.content())
                    : CompletableFuture.completedStage(
                        Problems.failed("Invalid bundle: not a gzip file")));
  }

  private static boolean isGzip(Content bundle) {
    try {
      return TarballReader.isGzip(bundle.part(0, 2));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private CompletionStage<HttpResponse> unpack(Exchange exchange, Content bundle) {
    return bundles
        .upload(exchange.tenant(), exchange.session(), bundle)
        .thenApply(
            Outcomes.ofSession(place -> Replies.ok(Map.of("message", "Workspace " + told(place)))));
  }

  private static String told(Bundles.Restored place) {
    return switch (place) {
      case LIVE_SANDBOX -> "restored to live sandbox";
      case SAVED_FILES -> "saved as snapshot";
    };
  }
}
