package dev.ash.node.model;

import dev.ash.node.credentials.SessionCredentials.Choice;
import dev.ash.node.model.Forwarding.Sent;
import dev.ash.node.model.Headers.Added;
import dev.ash.node.model.Headers.Line;
import dev.ash.persistence.table.ModelCall.RequestIds;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.regex.Pattern;

/**
 * How a kind of model server is spoken to. The agent speaks the Messages API whatever the server
 * wants, and its meter reads the answer in that form too.
 */
sealed interface Provider permits AnthropicApi, Bedrock, Vertex {

  /** Whether a call that carries this key can be made there. */
  boolean serves(Choice key);

  /** What the server will take a model's name for; an agent is free to write any name. */
  String called(String model);

  /**
   * Makes the request with what the node adds to it. Fails with a {@link
   * SecretSource.NoSecretException}, a {@link NotOfferedException}, or an {@link
   * IllegalArgumentException} where the sandbox wrote what cannot be sent.
   */
  CompletionStage<Outgoing> outgoing(Sent sent);

  /** Whether an answer says that another credential should be shown, once. Reads its head only. */
  boolean renews(HttpResponse<?> response, Added shown);

  /** Turns an answer into one of the Messages API, delta by delta. */
  CompletionStage<Received> received(HttpResponse<Flow.Publisher<List<ByteBuffer>>> response);

  /** A request that is ready, and what was added to it. */
  record Outgoing(HttpRequest request, Added added) {}

  /**
   * An answer of the Messages API.
   *
   * @param length of the body in bytes, if it is known
   */
  record Received(
      int status,
      List<Line> headers,
      String type,
      OptionalLong length,
      Flow.Publisher<List<ByteBuffer>> body) {
    private static final Pattern ID = Pattern.compile("[!-~]{1,128}");

    static Received asItCame(HttpResponse<Flow.Publisher<List<ByteBuffer>>> response) {
      return new Received(
          response.statusCode(),
          lines(response),
          response.headers().firstValue("content-type").orElse(""),
          response.headers().firstValueAsLong("content-length"),
          response.body());
    }

    static List<Line> lines(HttpResponse<?> response) {
      return response.headers().map().entrySet().stream()
          .flatMap(header -> header.getValue().stream().map(v -> new Line(header.getKey(), v)))
          .toList();
    }

    /** Under which names the answer is found in others' logs. */
    RequestIds requestIds() {
      return new RequestIds(
          id("request-id").or(() -> id("x-amzn-requestid")).orElse(""),
          id("x-request-id").orElse(""));
    }

    private Optional<String> id(String name) {
      return headers.stream()
          .filter(line -> line.key().equals(name))
          .map(Line::value)
          .filter(value -> ID.matcher(value).matches())
          .findFirst();
    }

    boolean isStream() {
      return type.regionMatches(true, 0, "text/event-stream", 0, "text/event-stream".length());
    }
  }

  /** The server cannot do what is asked. The message is for the agent. */
  final class NotOfferedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    NotOfferedException(String message) {
      super(message, null, false, false);
    }
  }
}
