package dev.ash.node.api;

import dev.ash.node.api.http.Exchange;
import dev.ash.node.api.http.Problems;
import dev.ash.protocol.http.EntityTag;
import dev.ash.protocol.http.IfMatch;
import dev.ash.protocol.http.Mismatch;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
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
    var changed = lines(exchange, "if-match");
    var made = lines(exchange, "if-none-match");
    if (made.isEmpty()) {
      return changed.isEmpty()
          ? next.apply(new IfMatch.Any())
          : IfMatch.parse(changed.get())
              .map(next)
              .orElseGet(() -> refused("If-Match must be * or a list of ETags in double quotes"));
    }
    if (changed.isPresent()) {
      return refused("If-Match and If-None-Match contradict each other; send one of them");
    }
    return made.get().strip().equals("*")
        ? next.apply(new IfMatch.Absent())
        : refused("If-None-Match must be * where something is changed");
  }

  /** The values of all lines of a header, as one. */
  private static Optional<String> lines(Exchange exchange, String name) {
    return StreamSupport.stream(exchange.request().getHeaders().spliterator(), false)
        .filter(header -> header.is(name))
        .map(HttpHeader::value)
        .reduce((one, other) -> one + "," + other);
  }

  private static CompletionStage<HttpResponse> refused(String why) {
    return CompletableFuture.completedStage(Problems.of(400, why));
  }

  static HttpResponse stale(Mismatch why) {
    return switch (why) {
      case Mismatch.Changed(var current) ->
          stale(
              "Changed meanwhile: the ETag is "
                  + current
                  + ", which If-Match does not name; get it again and repeat the change",
              current);
      case Mismatch.Exists(var current) ->
          stale(
              "Exists already, with the ETag "
                  + current
                  + "; without If-None-Match it would be replaced",
              current);
      case Mismatch.Missing() ->
          Problems.of(412, "Does not exist, so no ETag matches; without If-Match it would be made");
    };
  }

  private static HttpResponse stale(String text, EntityTag current) {
    return tagged(Problems.of(412, text), current);
  }
}
