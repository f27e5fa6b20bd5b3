package dev.ash.node.api.http;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;

/**
 * What browsers of other origins may do. Without a list of origins each is told that it may: a
 * browser sends no key by itself, so this gives nothing away.
 */
final class Cors {
  private static final String METHODS = "GET,HEAD,PUT,PATCH,POST,DELETE";
  private final List<String> allowed;

  Cors(List<String> allowed) {
    this.allowed = List.copyOf(allowed);
  }

  /** The answer to a browser that asks before it sends; empty for every other request. */
  Optional<HttpResponse> preflight(HttpRequest request) {
    if (!request.method().value().equals("OPTIONS")
        || value(request, "origin").isEmpty()
        || value(request, "access-control-request-method").isEmpty()) {
      return Optional.empty();
    }
    var headers = new ArrayList<HttpHeader>();
    headers.add(Replies.header("vary", "Origin, Access-Control-Request-Headers"));
    addOrigin(request, headers);
    headers.add(Replies.header("access-control-allow-methods", METHODS));
    value(request, "access-control-request-headers")
        .ifPresent(asked -> headers.add(Replies.header("access-control-allow-headers", asked)));
    return Optional.of(Replies.nothing().addHeaders(headers));
  }

  List<HttpHeader> headers(HttpRequest request) {
    var headers = new ArrayList<HttpHeader>();
    headers.add(Replies.header("vary", "Origin"));
    addOrigin(request, headers);
    return headers;
  }

  private void addOrigin(HttpRequest request, List<HttpHeader> headers) {
    value(request, "origin")
        .filter(origin -> allowed.isEmpty() || allowed.contains(origin))
        .ifPresent(origin -> headers.add(Replies.header("access-control-allow-origin", origin)));
    headers.add(Replies.header("access-control-allow-credentials", "true"));
  }

  /** Only what can be written back as it came. */
  private static Optional<String> value(HttpRequest request, String name) {
    return request
        .getHeader(name)
        .map(HttpHeader::value)
        .filter(v -> !v.isEmpty() && v.chars().allMatch(c -> c >= ' ' && c < 127));
  }
}
