package dev.ash.node.api.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.ash.node.api.json.FileSieve;
import dev.ash.node.api.json.JsonText;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeoutException;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.scaladsl.model.EntityStreamException;
import org.apache.pekko.http.scaladsl.model.EntityStreamSizeException;
import org.apache.pekko.stream.Materializer;
import org.apache.pekko.stream.StreamTcpException;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;

/** Reads a request's body: bounded in size and in time, and JSON. */
final class BodyReader {
  private static final Set<String> WITH_BODY = Set.of("POST", "PUT", "PATCH", "DELETE");

  /** Longest silence of a client in the middle of a body. */
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /** So much of a body nobody wants is read, so that its sender comes to read the answer. */
  private static final long COURTESY = 16L * 1024 * 1024;

  private BodyReader() {}

  /** A body, or what the sender is told. */
  sealed interface Body {}

  record Read(JsonNode value, Optional<FileSieve.Sifted> files) implements Body {}

  record Refused(HttpResponse response) implements Body {}

  static CompletionStage<Body> read(
      HttpRequest request,
      Endpoint endpoint,
      LargeBodies.Charge charge,
      Materializer materializer) {
    var rule = endpoint.body();
    if (!WITH_BODY.contains(request.method().value())) {
      discard(request, materializer);
      return done(new Read(absent(rule), Optional.empty()));
    }
    var entity = request.entity();
    var type = entity.getContentType().mediaType();
    var kind = type.mainType() + "/" + type.subType();
    var untyped = kind.equals("none/none");
    if (entity.isKnownEmpty() && (untyped || rule.mayBeEmpty())) {
      return done(new Read(absent(rule), Optional.empty()));
    }
    if (!kind.equals("application/json") && !kind.equals("text/plain")) {
      discard(request, materializer);
      return done(new Refused(Replies.closing(Problems.mediaType())));
    }
    var length = entity.getContentLengthOption();
    if (length.isPresent() && length.getAsLong() > rule.limit()) {
      discard(request, materializer);
      return done(tooLarge(rule));
    }
    // Those of usual size are many, and small together.
    if (length.orElse(0) > BodyRule.DEFAULT_LIMIT
        && !charge.add(length.getAsLong() * copies(rule, kind))) {
      discard(request, materializer);
      return done(noRoom());
    }
    var bytes = bytes(request, rule, copies(rule, kind), charge);
    var body =
        rule.contents().isPresent() && kind.equals("application/json")
            ? sift(bytes, rule.contents().get(), endpoint, materializer)
            : bytes
                .runFold(ByteString.emptyByteString(), ByteString::concat, materializer)
                .thenApply(
                    all ->
                        kind.equals("text/plain")
                            ? new Read(TextNode.valueOf(all.utf8String()), Optional.empty())
                            : json(all, endpoint, Optional.empty()));
    return body.exceptionally(thrown -> unreadable(thrown, rule));
  }

  /** How often a body's content is held: a file once, a message as bytes, as tree and as text. */
  private static int copies(BodyRule rule, String kind) {
    return rule.contents().isPresent() && kind.equals("application/json") ? 1 : 3;
  }

  /** The body's bytes; those of unknown number are charged while they come in. */
  private static Source<ByteString, ?> bytes(
      HttpRequest request, BodyRule rule, int copies, LargeBodies.Charge charge) {
    var bounded = request.entity().withSizeLimit(rule.limit()).getDataBytes().idleTimeout(PATIENCE);
    return request.entity().getContentLengthOption().isPresent()
        ? bounded
        : bounded.map(
            part -> {
              if (!charge.add((long) part.size() * copies)) {
                throw new LargeBodies.NoRoomException();
              }
              return part;
            });
  }

  /** Reads and forgets what nobody will look at, up to a point. */
  static void discard(HttpRequest request, Materializer materializer) {
    if (!request.entity().isStrict()) {
      var _ =
          request
              .entity()
              .withoutSizeLimit()
              .getDataBytes()
              .limitWeighted(COURTESY, bytes -> (long) bytes.size())
              .completionTimeout(PATIENCE)
              .runWith(Sink.ignore(), materializer);
    }
  }

  private static CompletionStage<Body> sift(
      Source<ByteString, ?> bytes,
      FileSieve.Contents contents,
      Endpoint endpoint,
      Materializer materializer) {
    return bytes
        .runFold(
            new FileSieve(contents),
            (sieve, part) -> {
              sieve.add(part);
              return sieve;
            },
            materializer)
        .thenApply(
            sieve ->
                sieve
                    .finish()
                    .map(sifted -> json(sifted.json(), endpoint, Optional.of(sifted)))
                    .orElseGet(() -> new Refused(Problems.notJson(endpoint.shortFaults()))));
  }

  private static Body json(ByteString bytes, Endpoint endpoint, Optional<FileSieve.Sifted> files) {
    if (bytes.isEmpty()) {
      return endpoint.body().mayBeEmpty()
          ? new Read(absent(endpoint.body()), files)
          : new Refused(Problems.emptyJson(endpoint.shortFaults()));
    }
    return JsonText.parse(bytes)
        .<Body>map(value -> new Read(value, files))
        .orElseGet(() -> new Refused(Problems.notJson(endpoint.shortFaults())));
  }

  private static JsonNode absent(BodyRule rule) {
    return rule.mayBeEmpty() ? JsonNodeFactory.instance.objectNode() : NullNode.getInstance();
  }

  private static Body unreadable(Throwable thrown, BodyRule rule) {
    return switch (thrown) {
      case CompletionException wrapped when wrapped.getCause() != null ->
          unreadable(wrapped.getCause(), rule);
      case LargeBodies.NoRoomException _ -> noRoom();
      case EntityStreamSizeException _ -> tooLarge(rule);
      case EntityStreamException _, StreamTcpException _ ->
          new Refused(Replies.closing(Problems.cutBody()));
      case TimeoutException _ ->
          new Refused(Replies.closing(Problems.of(408, "Request body took too long")));
      default -> throw new CompletionException(thrown);
    };
  }

  private static Body tooLarge(BodyRule rule) {
    return new Refused(Replies.closing(Problems.tooLarge(rule.briefTooLarge())));
  }

  private static Body noRoom() {
    return new Refused(
        Replies.closing(Problems.of(503, "Too many large requests at once, try again")));
  }

  private static CompletionStage<Body> done(Body body) {
    return CompletableFuture.completedStage(body);
  }
}
