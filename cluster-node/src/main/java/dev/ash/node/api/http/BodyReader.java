package dev.ash.node.api.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.ash.node.api.json.FileSieve;
import dev.ash.node.api.json.JsonText;
import dev.ash.node.upload.NoRoomException;
import dev.ash.node.upload.UploadFile;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeoutException;
import org.apache.pekko.Done;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.scaladsl.model.EntityStreamException;
import org.apache.pekko.http.scaladsl.model.EntityStreamSizeException;
import org.apache.pekko.stream.Attributes;
import org.apache.pekko.stream.Materializer;
import org.apache.pekko.stream.StreamTcpException;
import org.apache.pekko.stream.javadsl.Flow;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads a request's body: bounded in size and in time, and JSON. */
final class BodyReader {
  private static final Set<String> WITH_BODY = Set.of("POST", "PUT", "PATCH", "DELETE");

  /** Longest silence of a client in the middle of a body. */
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /** So much of a body nobody wants is read, so that its sender comes to read the answer. */
  private static final long COURTESY = 16L * 1024 * 1024;

  /** How long that may take. */
  private static final Duration COURTESY_TIME = Duration.ofSeconds(10);

  /** Other uploads take about so long to end. */
  private static final String RETRY_AFTER_SECONDS = "5";

  /** How often a body is held: as bytes, as tree and as text. */
  private static final int COPIES = 3;

  private static final Logger LOG = LoggerFactory.getLogger(BodyReader.class);

  private BodyReader() {}

  /** A body, or what the sender is told. */
  sealed interface Body {}

  record Read(JsonNode value, Optional<FileSieve.Sifted> files) implements Body {}

  record Refused(HttpResponse response) implements Body {}

  static CompletionStage<Body> read(
      HttpRequest request,
      Endpoint endpoint,
      LargeBodies.Charge charge,
      UploadFile file,
      Materializer materializer) {
    var rule = endpoint.body();
    if (!WITH_BODY.contains(request.method().value())) {
      return unread(request, new Read(absent(rule), Optional.empty()), materializer);
    }
    var entity = request.entity();
    var type = entity.getContentType().mediaType();
    var kind = type.mainType() + "/" + type.subType();
    var untyped = kind.equals("none/none");
    if (entity.isKnownEmpty() && (untyped || rule.mayBeEmpty())) {
      return done(new Read(absent(rule), Optional.empty()));
    }
    if (!kind.equals("application/json") && !kind.equals("text/plain")) {
      return unread(request, new Refused(Replies.closing(Problems.mediaType())), materializer);
    }
    var length = entity.getContentLengthOption();
    if (length.isPresent() && length.getAsLong() > rule.limit()) {
      return unread(request, tooLarge(rule), materializer);
    }
    var contents = rule.contents().filter(_ -> kind.equals("application/json"));
    // Those of usual size are many, and small together.
    if (length.orElse(0) > BodyRule.DEFAULT_LIMIT
        && !(contents.isPresent()
            ? file.reserve(length.getAsLong() / 4 * 3)
            : charge.add(length.getAsLong() * COPIES))) {
      return unread(request, noRoom(), materializer);
    }
    var bytes = request.entity().withSizeLimit(rule.limit()).getDataBytes().idleTimeout(PATIENCE);
    var body =
        contents.isPresent()
            ? sift(bytes, new FileSieve(contents.get(), file), charge, endpoint, materializer)
            : charged(bytes, length.isPresent(), charge)
                .runFold(ByteString.emptyByteString(), ByteString::concat, materializer)
                .thenApply(
                    all ->
                        kind.equals("text/plain")
                            ? new Read(TextNode.valueOf(all.utf8String()), Optional.empty())
                            : json(all, endpoint, Optional.empty()));
    return body.exceptionally(thrown -> unreadable(thrown, rule));
  }

  /** The body's bytes; those of unknown number are charged while they come in. */
  private static Source<ByteString, ?> charged(
      Source<ByteString, ?> bytes, boolean done, LargeBodies.Charge charge) {
    return done
        ? bytes
        : bytes.map(
            part -> {
              require(charge, (long) part.size() * COPIES);
              return part;
            });
  }

  private static void require(LargeBodies.Charge charge, long bytes) {
    if (!charge.add(bytes)) {
      throw new LargeBodies.NoRoomException();
    }
  }

  /**
   * Reads and forgets what nobody will look at, up to a point. An answer that is sent before ends
   * the connection, and whoever still writes then finds it broken instead of reading the answer.
   * Who asks first whether to send a body is answered instead.
   */
  static CompletionStage<Done> discard(HttpRequest request, Materializer materializer) {
    if (request.entity().isStrict() || request.getHeader("expect").isPresent()) {
      return CompletableFuture.completedStage(Done.getInstance());
    }
    return request
        .entity()
        .withoutSizeLimit()
        .getDataBytes()
        .limitWeighted(COURTESY, bytes -> (long) bytes.size())
        .completionTimeout(COURTESY_TIME)
        .runWith(Sink.ignore(), materializer)
        .exceptionally(_ -> Done.getInstance());
  }

  private static CompletionStage<Body> unread(
      HttpRequest request, Body body, Materializer materializer) {
    return discard(request, materializer).thenApply(_ -> body);
  }

  private static CompletionStage<Body> sift(
      Source<ByteString, ?> bytes,
      FileSieve sieve,
      LargeBodies.Charge charge,
      Endpoint endpoint,
      Materializer materializer) {
    var sifting =
        Flow.<ByteString>create()
            .map(
                part -> {
                  var before = sieve.rest();
                  sieve.add(part);
                  require(charge, (long) (sieve.rest() - before) * COPIES);
                  return part.size();
                })
            // Contents are written to a file on the way.
            .async("blocking-io")
            // A part may be a megabyte, and what waits here nobody counts.
            .addAttributes(Attributes.inputBuffer(1, 2));
    return bytes
        .via(sifting)
        .runWith(Sink.ignore(), materializer)
        .thenApply(
            _ ->
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
      case LargeBodies.NoRoomException _, NoRoomException _ -> noRoom();
      case EntityStreamSizeException _ -> tooLarge(rule);
      case EntityStreamException _, StreamTcpException _ ->
          new Refused(Replies.closing(Problems.cutBody()));
      case TimeoutException _ ->
          new Refused(Replies.closing(Problems.of(408, "Request body took too long")));
      case IOException e -> notKept(e);
      default -> throw new CompletionException(thrown);
    };
  }

  private static Body tooLarge(BodyRule rule) {
    return new Refused(Replies.closing(Problems.tooLarge(rule.briefTooLarge())));
  }

  /** The disk is full, or broken. */
  private static Body notKept(IOException why) {
    LOG.error("An upload could not be kept in the data folder", why);
    return new Refused(later("The node cannot keep uploads now; its log says why. Try again"));
  }

  private static Body noRoom() {
    return new Refused(later("Too many large requests at once, try again"));
  }

  private static HttpResponse later(String why) {
    return Replies.closing(
        Problems.of(503, why).addHeader(Replies.header("retry-after", RETRY_AFTER_SECONDS)));
  }

  private static CompletionStage<Body> done(Body body) {
    return CompletableFuture.completedStage(body);
  }
}
