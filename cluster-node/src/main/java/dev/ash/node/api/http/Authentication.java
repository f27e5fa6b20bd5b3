package dev.ash.node.api.http;

import dev.ash.config.Secret;
import dev.ash.node.auth.Caller;
import dev.ash.node.auth.Keys;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;

/** Finds out who is calling; the only class that reads a header for that. */
final class Authentication {
  /** No key is as long; longer ones are not worth a look-up. */
  private static final int LONGEST_KEY = 512;

  private final Keys keys;
  private final Optional<Secret> internalSecret;

  /** Who it is, or what he is told. */
  sealed interface Verdict {}

  /** May pass; without a caller where none is needed. */
  record Passed(Optional<Caller> caller) implements Verdict {}

  record Refused(HttpResponse response) implements Verdict {}

  Authentication(Keys keys, Optional<Secret> internalSecret) {
    this.keys = keys;
    this.internalSecret = internalSecret;
  }

  CompletionStage<Verdict> check(Endpoint.Access access, HttpRequest request) {
    return switch (access) {
      case OPEN -> CompletableFuture.completedStage(new Passed(Optional.empty()));
      case INTERNAL -> CompletableFuture.completedStage(internal(request));
      case KEY -> key(request);
    };
  }

  private CompletionStage<Verdict> key(HttpRequest request) {
    var header = authorization(request);
    if (header.isEmpty()) {
      return refused("Missing Authorization header");
    }
    var parts = header.split(" ", -1);
    if (parts.length != 2 || !parts[0].equals("Bearer")) {
      return refused("Invalid Authorization header format");
    }
    if (parts[1].isEmpty() || parts[1].length() > LONGEST_KEY) {
      return refused("Invalid API key");
    }
    return keys.authenticate(parts[1])
        .thenApply(
            caller ->
                caller.isPresent()
                    ? new Passed(caller)
                    : new Refused(Problems.of(401, "Invalid API key")));
  }

  private Verdict internal(HttpRequest request) {
    if (internalSecret.isEmpty()) {
      return new Refused(
          Problems.bare(
              503, "Internal endpoints disabled — ASH_INTERNAL_SECRET is required in production"));
    }
    var expected = "Bearer " + internalSecret.get().reveal();
    return MessageDigest.isEqual(
            expected.getBytes(StandardCharsets.UTF_8),
            authorization(request).getBytes(StandardCharsets.UTF_8))
        ? new Passed(Optional.empty())
        : new Refused(Problems.bare(401, "Unauthorized — invalid or missing internal secret"));
  }

  private static String authorization(HttpRequest request) {
    return request.getHeader("authorization").map(HttpHeader::value).orElse("");
  }

  private static CompletionStage<Verdict> refused(String text) {
    return CompletableFuture.completedStage(new Refused(Problems.of(401, text)));
  }
}
