package dev.ash.gateway.check;

import dev.ash.gateway.check.GatewayClient.Arrival;
import dev.ash.gateway.check.GatewayClient.Reply;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** Whether a stream arrives as a stream: its type, its events, its end, and when each part came. */
final class StreamCheck {
  private static final int COUNTED = 3;
  private static final Duration TELLING = Duration.ofMillis(400);

  private final GatewayClient client;
  private final Validator.Extent extent;

  StreamCheck(GatewayClient client, Validator.Extent extent) {
    this.client = client;
    this.extent = extent;
  }

  Finding run(Evidence evidence) throws InterruptedException {
    var body = Bodies.message(client.target().model(), 200, extent.streamPrompt());
    body.put("stream", true);
    var ask = client.messages(body.toString());
    var reply =
        evidence.send(HeaderProof.with(ask, Map.of("accept", "text/event-stream")), "stream");
    if (!(reply instanceof Reply.Answered a)) {
      return evidence.broken((Reply.Broken) reply);
    }
    if (a.status() != 200) {
      return evidence.skip(
          "Cannot verify - got status " + a.status(), "Requires successful request to test");
    }
    if (!a.header("content-type").contains("text/event-stream")) {
      return evidence.fail("Wrong Content-Type for streaming: " + a.header("content-type"), "");
    }
    var data = a.lines().stream().filter(l -> l.line().startsWith("data:")).toList();
    if (data.isEmpty()) {
      return evidence.fail(
          "Gateway accepts streaming but no SSE events received",
          "Check if gateway is buffering responses");
    }
    if (a.lines().stream().noneMatch(l -> l.line().startsWith("event:"))) {
      return evidence.fail("Gateway removes the event names of the stream", "");
    }
    if (a.lines().stream().noneMatch(l -> l.line().contains("message_stop"))) {
      return evidence.fail("The stream ends before message_stop", "");
    }
    var spread = spread(data);
    evidence.note(
        "%d data lines; first after %d ms, last %d ms later"
            .formatted(data.size(), data.getFirst().at().toMillis(), spread.toMillis()));
    if (buffered(a.took(), spread)) {
      return evidence.fail(
          "Gateway buffers the stream: all events came within %d ms at the end of %d ms"
              .formatted(spread.toMillis(), a.took().toMillis()),
          "Disable response buffering in the gateway");
    }
    return asJson(evidence, ask, data.size(), a.took(), spread);
  }

  /** Claude Code asks for a stream in the body and says {@code Accept: application/json}. */
  private Finding asJson(
      Evidence evidence, GatewayClient.Ask ask, int lines, Duration took, Duration spread)
      throws InterruptedException {
    var reply = evidence.send(ask, "stream with Accept: application/json");
    if (reply instanceof Reply.Answered a
        && a.status() == 200
        && !a.header("content-type").contains("text/event-stream")) {
      return evidence.fail(
          "Gateway does not stream with Accept: application/json",
          "Claude Code sends it; the body's stream field decides");
    }
    return evidence.pass(
        "Gateway supports SSE streaming (%d chunks received)".formatted(Math.min(lines, COUNTED)),
        took.compareTo(TELLING) < 0
            ? "The answer took %d ms: too short to rule buffering out".formatted(took.toMillis())
            : "%d events over %d ms of %d ms".formatted(lines, spread.toMillis(), took.toMillis()));
  }

  private boolean buffered(Duration took, Duration spread) {
    if (extent.probe().isPresent()) {
      return spread.compareTo(ProbeUpstream.GAP.multipliedBy(ProbeUpstream.DELTAS / 2)) < 0;
    }
    return took.compareTo(TELLING) >= 0 && spread.toMillis() < took.toMillis() / 20;
  }

  private static Duration spread(List<Arrival> data) {
    return data.getLast().at().minus(data.getFirst().at());
  }
}
