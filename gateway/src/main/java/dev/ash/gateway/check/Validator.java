package dev.ash.gateway.check;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.ash.gateway.check.GatewayClient.Ask;
import dev.ash.gateway.check.GatewayClient.Reply;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/** The seven criteria that a gateway for Claude Code has to meet. */
public final class Validator {
  static final String BETA = "messages-2025-01-01";
  static final String NO_TOKEN = "invalid-token-12345";

  /**
   * What to find out beyond the usual.
   *
   * @param probe the gateway's upstream, where the caller could point it at us
   * @param silence how long a silent upstream must be endured; zero leaves it out
   * @param slowPrompt makes the model behind the gateway silent for that long
   * @param streamPrompt makes it write a longer answer
   */
  public record Extent(
      Optional<Probes> probe, Duration silence, Optional<String> slowPrompt, String streamPrompt) {}

  /** One criterion's name and check. */
  private record Criterion(String name, Check check) {}

  @FunctionalInterface
  private interface Check {
    Finding run(Evidence evidence) throws InterruptedException;
  }

  private final GatewayClient client;
  private final Extent extent;
  private final StreamCheck stream;

  public Validator(GatewayClient client, Extent extent) {
    this.client = client;
    this.extent = extent;
    this.stream = new StreamCheck(client, extent);
  }

  private List<Criterion> criteria() {
    return List.of(
        new Criterion("Endpoint Support", this::endpoint),
        new Criterion("Header Forwarding", this::headers),
        new Criterion("Body Preservation", this::body),
        new Criterion("Status Codes", this::statusCodes),
        new Criterion("SSE Streaming", stream::run),
        new Criterion("Authentication", this::authentication),
        new Criterion("Timeout Support", this::timeout));
  }

  /** Checks all criteria in their order; {@code beginning} hears each before it starts. */
  public List<Finding> run(Consumer<String> beginning) throws InterruptedException {
    var findings = new java.util.ArrayList<Finding>();
    var criteria = criteria();
    for (var criterion : criteria) {
      beginning.accept(
          "[Check %d/%d] %s".formatted(findings.size() + 1, criteria.size(), criterion.name()));
      findings.add(criterion.check().run(new Evidence(criterion.name(), client)));
    }
    return findings;
  }

  private Finding endpoint(Evidence evidence) throws InterruptedException {
    return switch (evidence.send(message("test"), "message")) {
      case Reply.Broken broken -> evidence.broken(broken);
      case Reply.Answered a ->
          switch (a.status()) {
            case 200, 201, 401, 403 ->
                evidence.pass(
                    "Gateway supports /v1/messages endpoint", "Status code: " + a.status());
            case 429 -> evidence.skip("Cannot verify - got status 429", "Wait, and try again");
            default -> evidence.fail("Unexpected status code: " + a.status(), head(a.body()));
          };
    };
  }

  private Finding headers(Evidence evidence) throws InterruptedException {
    if (extent.probe().isPresent()) {
      return extent.probe().get().headers(evidence);
    }
    var ask =
        HeaderProof.with(
            message("test"),
            Map.of("anthropic-beta", BETA, "anthropic-client-version", "test/1.0.0"));
    var reply = evidence.send(ask, "all headers");
    if (!(reply instanceof Reply.Answered a)) {
      return evidence.broken((Reply.Broken) reply);
    }
    var text = a.body().toLowerCase(Locale.ROOT);
    if (a.status() == 400 && (text.contains("header") || text.contains("version"))) {
      return evidence.fail("Gateway not forwarding required headers", head(a.body()));
    }
    if (a.status() != 200) {
      return evidence.skip(
          "Cannot verify - got status " + a.status(), "Manual verification recommended");
    }
    var version = HeaderProof.version(evidence, client);
    var beta = HeaderProof.beta(evidence, client);
    if (version == HeaderProof.Result.ARRIVES && beta == HeaderProof.Result.IGNORED) {
      return evidence.fail(
          "Gateway not forwarding anthropic-beta",
          "The API behind it judges anthropic-version, and a nonsense anthropic-beta was not refused");
    }
    if (beta == HeaderProof.Result.ARRIVES) {
      return evidence.pass(
          "All required headers forwarded correctly",
          version == HeaderProof.Result.ARRIVES
              ? "Proved: the API refused a nonsense value of anthropic-version and of anthropic-beta"
              : "anthropic-beta is forwarded; the gateway sets a fixed anthropic-version");
    }
    return evidence.skip(
        "Cannot verify - the upstream does not judge the headers",
        "Point a route of the gateway at this tool and use --probe-listen");
  }

  private Finding body(Evidence evidence) throws InterruptedException {
    if (extent.probe().isPresent()) {
      return extent.probe().get().bodies(evidence);
    }
    var reply = evidence.send(message("Say 'test'"), "message");
    if (!(reply instanceof Reply.Answered a)) {
      return evidence.broken((Reply.Broken) reply);
    }
    if (a.status() != 200) {
      return evidence.skip(
          "Cannot verify - got status " + a.status(), "Requires successful request to test");
    }
    var body = Bodies.object(a.body());
    if (body.isEmpty()) {
      return evidence.fail("Response is not valid JSON", head(a.body()));
    }
    var wrong = Bodies.wrongWithMessage(body.get());
    return wrong.isEmpty()
        ? evidence.pass(
            "Response body structure preserved correctly",
            "Keys present: " + Bodies.names(body.get()))
        : evidence.fail("Response body structure modified by gateway", String.join("; ", wrong));
  }

  private Finding statusCodes(Evidence evidence) throws InterruptedException {
    var wrongToken =
        evidence.send(
            new Ask(
                "POST",
                "/v1/messages",
                Optional.of(NO_TOKEN),
                GatewayClient.headers(),
                message("test").body()),
            "invalid token");
    if (!(wrongToken instanceof Reply.Answered refused)) {
      return evidence.broken((Reply.Broken) wrongToken);
    }
    if (refused.status() >= 200 && refused.status() < 300) {
      return evidence.fail(
          "Gateway accepts invalid token (security risk)", "Status: " + refused.status());
    }
    if (refused.status() != 401 && refused.status() != 403) {
      var message = "Unexpected status " + refused.status() + " for invalid auth";
      return refused.status() >= 500 || refused.status() < 400
          ? evidence.fail(message, "Expected 401/403")
          : evidence.skip(message, "Expected 401/403");
    }
    var wrong = wrongCodes(evidence);
    return wrong.isPresent()
        ? wrong.get()
        : evidence.pass("Gateway returns standard auth error: " + refused.status(), "");
  }

  /** A good request gets 200, a bad one 400 with the API's own words. */
  private Optional<Finding> wrongCodes(Evidence evidence) throws InterruptedException {
    var good = evidence.send(message("test"), "good request");
    if (good instanceof Reply.Answered a) {
      if (a.status() > 200 && a.status() < 300) {
        return Optional.of(
            evidence.fail("Gateway answers " + a.status() + " where 200 is due", ""));
      }
      if (a.status() == 200 && Bodies.object(a.body()).filter(b -> b.has("error")).isPresent()) {
        return Optional.of(
            evidence.fail("Gateway answers 200 with an error in it", head(a.body())));
      }
    }
    var bad = Bodies.message(client.target().model(), 10, "test");
    bad.remove("messages");
    if (!(evidence.send(client.messages(bad.toString()), "bad request")
        instanceof Reply.Answered answered)) {
      return Optional.empty();
    }
    return switch (answered.status()) {
      case 401, 403, 429 -> Optional.empty();
      case 400 ->
          Bodies.object(answered.body()).filter(Bodies::isError).isPresent()
              ? Optional.empty()
              : Optional.of(
                  evidence.fail("Gateway changes the API's error bodies", head(answered.body())));
      default ->
          Optional.of(
              evidence.fail(
                  "Gateway answers " + answered.status() + " to a bad request",
                  "Expected 400 with the API's error body"));
    };
  }

  private Finding authentication(Evidence evidence) throws InterruptedException {
    if (extent.probe().isPresent()) {
      var leak = extent.probe().get().credentials(evidence);
      if (leak.isPresent()) {
        return leak.get();
      }
    }
    var header = client.target().header();
    var reply = evidence.send(message("test"), header.title());
    if (!(reply instanceof Reply.Answered a)) {
      return evidence.broken((Reply.Broken) reply);
    }
    var token = client.target().token();
    if (a.body().contains(token)
        || a.headers().map().values().stream()
            .anyMatch(v -> v.stream().anyMatch(t -> t.contains(token)))) {
      return evidence.fail("Gateway sends the client's token back", "It may end up in logs");
    }
    return switch (a.status()) {
      case 200, 201 ->
          evidence.pass(
              header.title() + " authentication working correctly", "Status: " + a.status());
      case 401, 403 ->
          evidence.fail(
              "Valid token rejected by gateway",
              "Check if token is correct or has expired; it was sent in "
                  + header.header()
                  + " (see --auth-header)");
      default -> evidence.skip("Unexpected status " + a.status(), "");
    };
  }

  private Finding timeout(Evidence evidence) throws InterruptedException {
    if (extent.silence().isZero() || (extent.probe().isEmpty() && extent.slowPrompt().isEmpty())) {
      return evidence.skip(
          "Manual verification required",
          "Ensure gateway timeout ≥ 60 seconds (recommended: 300-600s);"
              + " or use --timeout-check with --probe-listen or --timeout-prompt");
    }
    var body = Bodies.message(client.target().model(), 10, extent.slowPrompt().orElse("test"));
    if (extent.probe().isPresent()) {
      body.put("ash_probe_wait_ms", extent.silence().toMillis());
    }
    return waited(evidence, body);
  }

  private Finding waited(Evidence evidence, ObjectNode body) throws InterruptedException {
    var seconds = extent.silence().toSeconds() + " seconds";
    var limit = extent.silence().multipliedBy(2).plusSeconds(30);
    var ask = client.messages(body.toString());
    var reply = client.once(ask, limit);
    evidence.note(
        "silent upstream: "
            + (reply instanceof Reply.Answered a ? "status " + a.status() : reply.toString()));
    return switch (reply) {
      case Reply.Broken broken -> evidence.fail("Gateway gives up before " + seconds, broken.why());
      case Reply.Answered a when a.status() != 200 ->
          evidence.fail(
              "Gateway gives up before " + seconds,
              "Status " + a.status() + " after " + a.took().toMillis() + " ms");
      case Reply.Answered a when a.took().compareTo(extent.silence()) < 0 ->
          evidence.skip("The answer came too early to tell", a.took().toMillis() + " ms");
      case Reply.Answered a ->
          evidence.pass(
              "Gateway waits at least " + seconds, "Answer after " + a.took().toMillis() + " ms");
    };
  }

  private Ask message(String prompt) {
    return client.messages(Bodies.message(client.target().model(), 10, prompt).toString());
  }

  private static String head(String text) {
    return text.length() > 200 ? text.substring(0, 200) : text;
  }
}
