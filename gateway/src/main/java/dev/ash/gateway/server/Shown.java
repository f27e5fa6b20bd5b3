package dev.ash.gateway.server;

import java.security.cert.X509Certificate;
import java.util.List;
import java.util.stream.Stream;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.server.Request;

/**
 * What a request shows of who sends it.
 *
 * @param authorization every value of the header
 * @param apiKey every value of {@code x-api-key}
 * @param certificates the client's own and those of its authorities that it sent, which TLS
 *     believed when it connected
 */
record Shown(List<String> authorization, List<String> apiKey, List<X509Certificate> certificates) {
  Shown {
    authorization = List.copyOf(authorization);
    apiKey = List.copyOf(apiKey);
    certificates = List.copyOf(certificates);
  }

  static Shown by(Request request) {
    var fields = request.getHeaders();
    var chain =
        request.getAttribute(EndPoint.SslSessionData.ATTRIBUTE)
                instanceof EndPoint.SslSessionData data
            ? data.peerCertificates()
            : null;
    return new Shown(
        fields.getValuesList("authorization"),
        fields.getValuesList("x-api-key"),
        chain == null ? List.of() : List.of(chain));
  }

  /** The keys of both headers, good or not. */
  List<String> keys() {
    return Stream.concat(
            apiKey.stream(),
            authorization.stream().map(value -> value.replaceFirst("(?i)^bearer ", "")))
        .map(String::strip)
        .toList();
  }

  @Override
  public String toString() {
    return "Shown[***]";
  }
}
