package dev.ash.node.api;

import dev.ash.node.api.http.Exchange;
import dev.ash.node.api.http.Problems;
import dev.ash.protocol.http.EntityTag;
import dev.ash.protocol.http.IfMatch;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;

/** {@code ETag} and {@code If-Match}: a change is made only to what its client has seen. */
final class Guards {
  private Guards() {}

  /** Names the state that a response shows, also to a page of another origin. */
  static HttpResponse tagged(HttpResponse response, EntityTag tag) {
    return response
        .addHeader(RawHeader.create("ETag", tag.toString()))
        .addHeader(RawHeader.create("Access-Control-Expose-Headers", "ETag"));
  }

  /** Goes on with the request's guard; without one, with one that allows every state. */
  static CompletionStage<HttpResponse> then(
      Exchange exchange, Function<IfMatch, CompletionStage<HttpResponse>> next) {
    var lines =
        StreamSupport.stream(exchange.request().getHeaders().spliterator(), false)
            .filter(header -> header.is("if-match"))
            .map(HttpHeader::value)
            .toList();
    if (lines.isEmpty()) {
      return next.apply(new IfMatch.Any());
    }
    return IfMatch.parse(lines.stream().collect(Collectors.joining(",")))
        .map(next)
        .orElseGet(
            () ->
                CompletableFuture.completedStage(
                    Problems.of(400, "If-Match must be * or a list of ETags in double quotes")));
  }

  static HttpResponse stale(EntityTag current) {
    return tagged(
        Problems.of(
            412,
            "Changed meanwhile: the ETag is "
                + current
                + ", which If-Match does not name; get it again and repeat the change"),
        current);
  }
}
