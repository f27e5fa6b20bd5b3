package dev.ash.node.model;

import dev.ash.node.credentials.SessionCredentials.Choice;
import dev.ash.node.model.Forwarding.Sent;
import dev.ash.node.model.Headers.Added;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;

/** Anthropic's own interface: everything passes as it is. */
final class AnthropicApi implements Provider {
  private final URI base;
  private final Headers headers;
  private final CustomHeaders custom;
  private final Credentials credentials;

  AnthropicApi(URI base, Headers headers, CustomHeaders custom, Credentials credentials) {
    this.base = base;
    this.headers = headers;
    this.custom = custom;
    this.credentials = credentials;
  }

  /** Nothing outside this machine is asked without a credential. */
  @Override
  public boolean serves(Choice key) {
    return key instanceof Choice.OfSession
        || headers.haveCredential()
        || !credentials.areNone()
        || Loopback.is(base.getHost());
  }

  @Override
  public String called(String model) {
    return model;
  }

  @Override
  public CompletionStage<Outgoing> outgoing(Sent sent) {
    // Where the session has a key, the node's own is not read.
    var own = !(sent.key() instanceof Choice.OfSession);
    return custom
        .values(own)
        .thenCombine(
            own ? credentials.headers() : CompletableFuture.completedStage(Map.of()), Added::new)
        .thenApply(added -> new Outgoing(request(sent, added), added));
  }

  private HttpRequest request(Sent sent, Added added) {
    var builder = HttpRequest.newBuilder(URI.create(base + sent.pathAndQuery()));
    headers.toUpstream(sent.headers(), sent.type(), sent.key(), added, builder);
    var bytes = sent.body().bytes();
    return builder
        .method(
            sent.method(),
            bytes.isEmpty()
                ? BodyPublishers.noBody()
                : BodyPublishers.ofByteArray(bytes.toArrayUnsafe()))
        .build();
  }

  @Override
  public boolean renews(HttpResponse<?> response, Added shown) {
    if (response.statusCode() != 401) {
      return false;
    }
    var again = credentials.refused(shown.credential());
    return custom.refused(shown.custom()) || again;
  }

  @Override
  public CompletionStage<Received> received(
      HttpResponse<Flow.Publisher<List<ByteBuffer>>> response) {
    return CompletableFuture.completedStage(Received.asItCame(response));
  }
}
