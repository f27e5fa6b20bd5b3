package dev.ash.gateway.check;

import dev.ash.gateway.check.GatewayClient.Ask;
import dev.ash.gateway.check.GatewayClient.Reply;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * Finds out whether a header reaches the Messages API by sending a value that the API refuses. A
 * refusal that names the header proves that it came through; an ordinary answer proves nothing
 * good.
 */
final class HeaderProof {
  static final String BAD_VERSION = "1999-01-01";
  static final String BAD_BETA = "ash-gateway-check";

  /** What a nonsense value led to. */
  enum Result {
    /** The upstream refused the value by name. */
    ARRIVES,
    /** The call was answered as if the value were not there. */
    IGNORED,
    UNKNOWN
  }

  private HeaderProof() {}

  static Result version(Evidence evidence, GatewayClient client) throws InterruptedException {
    return control(evidence, client, "anthropic-version", BAD_VERSION, "version");
  }

  static Result beta(Evidence evidence, GatewayClient client) throws InterruptedException {
    return control(evidence, client, "anthropic-beta", BAD_BETA, "beta");
  }

  private static Result control(
      Evidence evidence, GatewayClient client, String name, String value, String named)
      throws InterruptedException {
    var plain = client.messages(Bodies.message(client.target().model(), 10, "test").toString());
    var reply = evidence.send(with(plain, Map.of(name, value)), "nonsense " + name);
    if (!(reply instanceof Reply.Answered answered)) {
      return Result.UNKNOWN;
    }
    if (answered.status() == 400
        && (answered.body().contains(value)
            || answered.body().toLowerCase(Locale.ROOT).contains(named))) {
      return Result.ARRIVES;
    }
    return answered.status() == 200 ? Result.IGNORED : Result.UNKNOWN;
  }

  static Ask with(Ask ask, Map<String, String> more) {
    var headers = new LinkedHashMap<>(ask.headers());
    headers.putAll(more);
    return new Ask(ask.method(), ask.path(), ask.token(), headers, ask.body());
  }
}
