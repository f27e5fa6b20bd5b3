package dev.ash.node.api;

import dev.ash.node.api.http.Exchange;
import dev.ash.node.api.http.Problems;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.apache.pekko.http.javadsl.model.HttpResponse;

/** The {@code turn} of a query: a turn's number, as the reply to its message told it. */
final class TurnNumber {
  static final String HEADER = "X-Ash-Turn";

  private static final Pattern FORM = Pattern.compile("[1-9][0-9]{0,17}");

  private TurnNumber() {}

  static CompletionStage<HttpResponse> then(
      Exchange exchange, Function<OptionalLong, CompletionStage<HttpResponse>> next) {
    var given = exchange.query("turn");
    if (given.isEmpty()) {
      return next.apply(OptionalLong.empty());
    }
    return FORM.matcher(given.get()).matches()
        ? next.apply(OptionalLong.of(Long.parseLong(given.get())))
        : CompletableFuture.completedStage(
            Problems.of(
                400, "turn: %s (expected: a whole number, 1 or more)".formatted(given.get())));
  }
}
