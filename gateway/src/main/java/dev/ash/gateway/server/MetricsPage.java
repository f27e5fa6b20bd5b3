package dev.ash.gateway.server;

import dev.ash.gateway.config.Secret;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;

/** {@code GET /metrics}, for everybody or for who has the token. */
final class MetricsPage {
  private final GatewayMetrics metrics;
  private final Optional<Secret> token;
  private final Answer answer;

  MetricsPage(GatewayMetrics metrics, Optional<Secret> token, Answer answer) {
    this.metrics = metrics;
    this.token = token;
    this.answer = answer;
  }

  void show(Request request, Response response) throws IOException {
    var given = request.getHeaders().getValuesList("authorization");
    if (token.isPresent() && !given.equals(List.of("Bearer " + token.get().reveal()))) {
      answer.own(
          response, 401, "application/json", new Refusal(401, "Invalid metrics token").body());
      return;
    }
    answer.own(response, 200, "text/plain; version=0.0.4; charset=utf-8", metrics.text());
  }
}
