package dev.ash.node.api;

import dev.ash.node.api.http.Exchange;
import dev.ash.node.api.http.Problems;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.apache.pekko.http.javadsl.model.HttpResponse;

/** The path of a file route, refused where it is nonsense on the face of it. */
sealed interface FilePath {

  record Plausible(String path) implements FilePath {}

  record Nonsense(String why) implements FilePath {}

  static FilePath of(Exchange exchange, String otherwise) {
    var path = exchange.param("*");
    if (path.isEmpty()) {
      return new Nonsense("File path required");
    }
    var escapes =
        path.startsWith("/") || path.indexOf('\0') >= 0 || List.of(path.split("/")).contains("..");
    return escapes ? new Nonsense(otherwise) : new Plausible(path);
  }

  default CompletionStage<HttpResponse> then(Function<String, CompletionStage<HttpResponse>> next) {
    return switch (this) {
      case Plausible(var path) -> next.apply(path);
      case Nonsense(var why) -> CompletableFuture.completedStage(Problems.of(400, why));
    };
  }
}
