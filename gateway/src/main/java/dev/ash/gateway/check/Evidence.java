package dev.ash.gateway.check;

import dev.ash.gateway.check.Finding.Verdict;
import dev.ash.gateway.check.GatewayClient.Ask;
import dev.ash.gateway.check.GatewayClient.Reply;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Sends the requests of one criterion and keeps what was seen. */
final class Evidence {
  private static final int SHOWN = 200;

  private final String check;
  private final GatewayClient client;
  private final List<String> seen = new ArrayList<>();

  Evidence(String check, GatewayClient client) {
    this.check = check;
    this.client = client;
  }

  Reply send(Ask ask, String what) throws InterruptedException {
    return send(ask, what, client.target().timeout());
  }

  Reply send(Ask ask, String what, Duration timeout) throws InterruptedException {
    var reply = client.send(ask, timeout);
    note(what + ": " + ask.method() + " " + ask.path() + headers(ask) + " -> " + shown(reply));
    return reply;
  }

  void note(String text) {
    seen.add(client.redaction().of(text));
  }

  Finding pass(String message, String details) {
    return finding(Verdict.PASS, message, details);
  }

  Finding fail(String message, String details) {
    return finding(Verdict.FAIL, message, details);
  }

  Finding skip(String message, String details) {
    return finding(Verdict.SKIP, message, details);
  }

  /** The verdict when no answer came at all. */
  Finding broken(Reply.Broken broken) {
    return switch (broken.kind()) {
      case NO_CONNECTION -> fail("Cannot connect to gateway", broken.why());
      case TIMED_OUT -> fail("No answer within " + broken.took().toSeconds() + " s", broken.why());
      case CUT -> fail("Gateway broke the connection", broken.why());
    };
  }

  private Finding finding(Verdict verdict, String message, String details) {
    var redaction = client.redaction();
    return new Finding(check, verdict, redaction.of(message), redaction.of(details), seen);
  }

  private static String headers(Ask ask) {
    var shown =
        ask.headers().entrySet().stream()
            .filter(h -> h.getKey().startsWith("anthropic-") || h.getKey().equals("accept"))
            .sorted(Map.Entry.comparingByKey())
            .map(h -> h.getKey() + ": " + h.getValue())
            .toList();
    return " [" + String.join("; ", shown) + "] " + ask.body().length() + " bytes";
  }

  private static String shown(Reply reply) {
    return switch (reply) {
      case Reply.Answered a -> {
        var body = a.body().length() > SHOWN ? a.body().substring(0, SHOWN) + "…" : a.body();
        yield a.status()
            + " "
            + a.header("content-type")
            + " in "
            + a.took().toMillis()
            + " ms: "
            + body;
      }
      case Reply.Broken b -> b.kind() + " after " + b.took().toMillis() + " ms: " + b.why();
    };
  }
}
