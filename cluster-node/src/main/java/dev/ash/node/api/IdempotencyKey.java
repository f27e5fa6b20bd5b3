package dev.ash.node.api;

import dev.ash.node.api.http.Exchange;
import dev.ash.node.api.http.Problems;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.apache.pekko.http.javadsl.model.HttpResponse;

/** The {@code Idempotency-Key} header of a request. */
sealed interface IdempotencyKey {
  Pattern FORM = Pattern.compile("[ -~]{1,255}");

  record Usable(Optional<String> key) implements IdempotencyKey {}

  record Unusable() implements IdempotencyKey {}

  static IdempotencyKey of(Exchange exchange) {
    var key = exchange.header("idempotency-key");
    return key.filter(k -> !FORM.matcher(k).matches()).isPresent()
        ? new Unusable()
        : new Usable(key);
  }

  default CompletionStage<HttpResponse> then(
      Function<Optional<String>, CompletionStage<HttpResponse>> next) {
    return switch (this) {
      case Usable(var key) -> next.apply(key);
      case Unusable() ->
          CompletableFuture.completedStage(
              Problems.of(400, "Idempotency-Key must be 1 to 255 printable characters"));
    };
  }
}
