package dev.ash.node.model;

import dev.ash.config.ProviderConfig;
import dev.ash.node.credentials.SessionCredentials.Choice;
import dev.ash.node.model.Forwarding.Sent;
import dev.ash.node.model.Headers.Added;
import dev.ash.node.model.Headers.Line;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.regex.Pattern;

/**
 * Google's Vertex AI: the model is in the path, the caller shows an access token of Google, and the
 * answers are those of the Messages API. Messages can be had there, and their tokens counted.
 */
final class Vertex implements Provider {
  private static final String VERSION = "vertex-2023-10-16";
  private static final String JSON = "application/json";

  /** It becomes a part of the path, so nothing else may be in it. */
  private static final Pattern ID =
      Pattern.compile("claude-[A-Za-z0-9.-]{1,100}(@[A-Za-z0-9.-]{1,40})?");

  /** Anthropic's own name of a version: the date is behind another sign at Vertex. */
  private static final Pattern DATED = Pattern.compile("(claude-[a-z0-9.-]{1,100})-(20\\d{6})");

  private final ProviderConfig.Vertex config;
  private final URI base;
  private final Headers headers;
  private final CustomHeaders custom;
  private final GoogleToken token;
  private final CloudNames names;

  /** Asks nobody yet. */
  Vertex(
      ProviderConfig.Vertex config,
      URI base,
      Headers headers,
      CustomHeaders custom,
      GoogleToken token) {
    this.config = config;
    this.base = base;
    this.headers = headers;
    this.custom = custom;
    this.token = token;
    this.names = new CloudNames(config.names(), config.betas());
  }

  /** A session's key is one of Anthropic's. */
  @Override
  public boolean serves(Choice key) {
    return !(key instanceof Choice.OfSession);
  }

  @Override
  public String called(String model) {
    return named(model).orElse(model);
  }

  private Optional<String> named(String model) {
    var dated = DATED.matcher(model);
    return names
        .of(model)
        .or(() -> dated.matches() ? Optional.of(dated.group(1) + "@" + dated.group(2)) : none())
        .or(() -> ID.matcher(model).matches() ? Optional.of(model) : none());
  }

  private static Optional<String> none() {
    return Optional.empty();
  }

  @Override
  public CompletionStage<Outgoing> outgoing(Sent sent) {
    var counts = sent.path().equals("/v1/messages/count_tokens");
    if (!counts && !sent.path().equals("/v1/messages")) {
      return CompletableFuture.failedStage(
          new NotOfferedException(sent.path() + " cannot be had from Vertex."));
    }
    var id = named(sent.body().model());
    if (id.isEmpty()) {
      return CompletableFuture.failedStage(
          new NotOfferedException(
              "model: "
                  + sent.body().model()
                  + " has no name at Vertex on this node (ASH_MODEL_MAP)."));
    }
    CompletionStage<Map<String, String>> shown =
        // A gateway that has a token of its own is shown what it wants instead.
        headers.haveAuthorization() ? CompletableFuture.completedStage(Map.of()) : token.headers();
    return custom
        .values(true)
        .thenCombine(shown, Added::new)
        .thenApply(added -> new Outgoing(request(sent, id.get(), counts, added), added));
  }

  private HttpRequest request(Sent sent, String id, boolean counts, Added added) {
    var body = body(sent, id, counts);
    var method = body.stream() && !counts ? "streamRawPredict" : "rawPredict";
    var target =
        "%s/v1/projects/%s/locations/%s/publishers/anthropic/models/%s:%s"
            .formatted(
                base, config.project(), config.region(), counts ? "count-tokens" : id, method);
    var request =
        HttpRequest.newBuilder(URI.create(target))
            .POST(BodyPublishers.ofByteArray(body.bytes().toArrayUnsafe()));
    var betas = names.betas(sent.headers());
    headers.toUpstream(
        betas.isEmpty() ? List.of() : List.of(new Line("anthropic-beta", String.join(",", betas))),
        JSON,
        sent.key(),
        added,
        request);
    return request.build();
  }

  /** The model is in the path, but for what counts: that has a path of its own. */
  private static CloudBody body(Sent sent, String id, boolean counts) {
    return CloudBody.of(
        sent.body().bytes(),
        Set.of("model"),
        json -> {
          json.writeStringField("anthropic_version", VERSION);
          if (counts) {
            json.writeStringField("model", id);
          }
        });
  }

  /** A token that expires is renewed before; a 403 is about rights, which no other token has. */
  @Override
  public boolean renews(HttpResponse<?> response, Added shown) {
    if (response.statusCode() != 401) {
      return false;
    }
    var again = token.refused(shown.credential());
    return custom.refused(shown.custom()) || again;
  }

  @Override
  public CompletionStage<Received> received(
      HttpResponse<Flow.Publisher<List<ByteBuffer>>> response) {
    return response.statusCode() >= 400
        ? VertexErrors.received(response)
        : CompletableFuture.completedStage(Received.asItCame(response));
  }
}
