package dev.ash.gateway.check;

import dev.ash.gateway.check.Finding.Verdict;
import dev.ash.gateway.check.GatewayClient.Reply;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Six tests of header forwarding, one header each. */
public final class HeaderTest {
  private final GatewayClient client;
  private final Optional<Probes> probe;

  public HeaderTest(GatewayClient client, Optional<Probes> probe) {
    this.client = client;
    this.probe = probe;
  }

  /** One finding per header; its message is the whole line after the verdict. */
  public List<Finding> run() throws InterruptedException {
    var findings = new ArrayList<Finding>();
    if (probe.isPresent()) {
      var evidence = new Evidence("headers", client);
      var lost = probe.get().lostHeaders(evidence);
      if (lost.contains("the request")) {
        findings.add(evidence.fail("The probe was not reached", "Point the gateway at it"));
        return findings;
      }
      for (var name :
          List.of(
              "anthropic-version",
              "anthropic-beta",
              "anthropic-client-version",
              "anthropic-ash-unknown")) {
        findings.add(
            lost.contains(name)
                ? evidence.fail(name + " header NOT forwarded", "")
                : evidence.pass(name + " header forwarded correctly", "Seen by the probe"));
      }
    } else {
      findings.add(judged("anthropic-version", Map.of()));
      findings.add(judged("anthropic-beta", Map.of("anthropic-beta", Validator.BETA)));
      findings.add(clientVersion());
    }
    findings.add(contentType());
    findings.add(accept());
    findings.add(authorization());
    return findings;
  }

  private Finding judged(String name, Map<String, String> headers) throws InterruptedException {
    var evidence = new Evidence(name, client);
    var reply = evidence.send(HeaderProof.with(message(), headers), name);
    if (!(reply instanceof Reply.Answered a)) {
      return evidence.broken((Reply.Broken) reply);
    }
    if (a.status() == 400) {
      return a.body().toLowerCase(java.util.Locale.ROOT).contains(name)
          ? evidence.fail(name + " header NOT forwarded", a.body())
          : evidence.skip(name + " header: got a 400 about something else", a.body());
    }
    if (a.status() != 200) {
      return evidence.skip(name + " header: cannot tell from status " + a.status(), "");
    }
    var result =
        name.equals("anthropic-beta")
            ? HeaderProof.beta(evidence, client)
            : HeaderProof.version(evidence, client);
    return switch (result) {
      case ARRIVES ->
          evidence.pass(
              name + " header forwarded correctly", "The API refused a nonsense value of it");
      case IGNORED, UNKNOWN ->
          evidence.skip(
              name + " header: accepted, forwarding not proved",
              "A nonsense value was not refused; use --probe-listen to be sure");
    };
  }

  private Finding clientVersion() throws InterruptedException {
    var name = "anthropic-client-version";
    var evidence = new Evidence(name, client);
    var reply = evidence.send(HeaderProof.with(message(), Map.of(name, "test-script/1.0.0")), name);
    evidence.note("no API judges this header: only --probe-listen proves that it arrives");
    return switch (reply) {
      case Reply.Broken broken -> evidence.broken(broken);
      case Reply.Answered a when a.status() == 200 ->
          evidence.pass(name + " header forwarded (optional header)", "");
      case Reply.Answered a ->
          evidence.skip(name + " header: cannot tell from status " + a.status(), "");
    };
  }

  private Finding contentType() throws InterruptedException {
    var evidence = new Evidence("Content-Type", client);
    return switch (evidence.send(message(), "content type")) {
      case Reply.Broken broken -> evidence.broken(broken);
      case Reply.Answered a when a.status() == 200 ->
          evidence.pass("Content-Type header preserved correctly", "");
      case Reply.Answered a when a.status() == 415 ->
          evidence.fail("Content-Type header issue", a.body());
      case Reply.Answered a ->
          evidence.skip("Content-Type header: cannot tell from status " + a.status(), "");
    };
  }

  private Finding accept() throws InterruptedException {
    var evidence = new Evidence("Accept", client);
    var body = Bodies.message(client.target().model(), 20, "Count to 3").put("stream", true);
    var ask =
        HeaderProof.with(client.messages(body.toString()), Map.of("accept", "text/event-stream"));
    return switch (evidence.send(ask, "stream", Duration.ofSeconds(30))) {
      case Reply.Broken broken -> evidence.broken(broken);
      case Reply.Answered a when a.status() != 200 ->
          evidence.skip("Accept header: cannot tell from status " + a.status(), "");
      case Reply.Answered a when a.header("content-type").contains("text/event-stream") ->
          evidence.pass("Accept header for streaming preserved correctly", "");
      case Reply.Answered a ->
          evidence.fail("Accept header not respected", a.header("content-type"));
    };
  }

  private Finding authorization() throws InterruptedException {
    var name = client.target().header() == AuthHeader.BEARER ? "Authorization" : "x-api-key";
    var evidence = new Evidence(name, client);
    return switch (evidence.send(message(), "token")) {
      case Reply.Broken broken -> evidence.broken(broken);
      case Reply.Answered a when a.status() == 200 ->
          evidence.pass(name + " header handled correctly (valid token accepted)", "");
      case Reply.Answered a when a.status() == 401 || a.status() == 403 ->
          evidence.fail("Valid token rejected", "Status: " + a.status());
      case Reply.Answered a ->
          evidence.skip(name + " header: cannot tell from status " + a.status(), "");
    };
  }

  private GatewayClient.Ask message() {
    return client.messages(Bodies.message(client.target().model(), 10, "test").toString());
  }

  /** 0 all passed, 1 some failed, 2 nothing is known. */
  public static int exitCode(List<Finding> findings) {
    if (findings.stream().anyMatch(f -> f.verdict() == Verdict.FAIL)) {
      return 1;
    }
    return findings.stream().anyMatch(f -> f.verdict() == Verdict.PASS) ? 0 : 2;
  }
}
