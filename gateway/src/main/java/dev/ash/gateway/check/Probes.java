package dev.ash.gateway.check;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.ash.gateway.check.GatewayClient.Ask;
import dev.ash.gateway.check.GatewayClient.Reply;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/** Compares what was sent to a gateway with what came out of its other side. */
public final class Probes {
  private static final Map<String, String> SENT =
      Map.of(
          "anthropic-version", "2023-06-01",
          "anthropic-beta", "messages-2025-01-01,ash-probe-2099-01-01",
          "anthropic-client-version", "test/1.0.0",
          "anthropic-ash-unknown", "1",
          "content-type", "application/json",
          "accept", "application/json",
          "x-app", "cli",
          "x-claude-code-session-id", "7f0f6f4a-0000-4000-8000-000000000000");

  private final ProbeUpstream upstream;
  private final GatewayClient client;
  private final Supplier<String> ids;

  public Probes(ProbeUpstream upstream, GatewayClient client, Supplier<String> ids) {
    this.upstream = upstream;
    this.client = client;
    this.ids = ids;
  }

  /** Which of the headers did not arrive as they were sent, by name. */
  List<String> lostHeaders(Evidence evidence) throws InterruptedException {
    var id = "ash-probe-" + ids.get();
    var reply = evidence.send(ask(id, client.target().token(), SENT, body(id)), "headers");
    var seen = upstream.find(id);
    if (seen.isEmpty()) {
      evidence.note("the probe was not reached: " + reply.getClass().getSimpleName());
      return List.of("the request");
    }
    evidence.note("the probe saw the headers " + String.join(", ", seen.get().headers().keySet()));
    var lost = new ArrayList<String>();
    SENT.forEach(
        (name, value) -> {
          if (!seen.get().header(name).equals(Optional.of(value))) {
            lost.add(name);
          }
        });
    if (!seen.get().target().endsWith("?beta=true")) {
      lost.add("the query");
    }
    lost.sort(null);
    return lost;
  }

  Finding headers(Evidence evidence) throws InterruptedException {
    var lost = lostHeaders(evidence);
    return lost.isEmpty()
        ? evidence.pass(
            "All required headers forwarded correctly",
            "Proved by the probe: " + String.join(", ", SENT.keySet().stream().sorted().toList()))
        : evidence.fail(
            "Gateway not forwarding required headers",
            "Lost or changed: " + String.join(", ", lost));
  }

  Finding bodies(Evidence evidence) throws InterruptedException {
    var id = "ash-probe-" + ids.get();
    var sent = body(id);
    var reply = evidence.send(ask(id, client.target().token(), SENT, sent), "odd body");
    if (!(reply instanceof Reply.Answered a)) {
      return evidence.broken((Reply.Broken) reply);
    }
    var seen = upstream.find(id);
    if (seen.isEmpty()) {
      return evidence.fail("The probe was not reached", "Status: " + a.status());
    }
    if (!seen.get().digest().equals(ProbeUpstream.digest(sent.getBytes(UTF_8)))) {
      return evidence.fail("Request body modified by gateway", "Another SHA-256 at the probe");
    }
    return a.body().equals(ProbeUpstream.MESSAGE.formatted("ash-probe"))
        ? evidence.pass(
            "Response body structure preserved correctly", "Both bodies are equal to the byte")
        : evidence.fail("Response body structure modified by gateway", "Not equal to the byte");
  }

  /** The token must stay at the gateway, and a wrong one must not get through. */
  Optional<Finding> credentials(Evidence evidence) throws InterruptedException {
    var id = "ash-probe-" + ids.get();
    var token = client.target().token();
    var headers = new LinkedHashMap<>(SENT);
    var other = client.target().header().other();
    headers.put(other.header(), other.value(token));
    var _ = evidence.send(ask(id, token, SENT, body(id)), "token");
    if (upstream.find(id).filter(s -> s.holds(token)).isPresent()) {
      return Optional.of(
          evidence.fail(
              "Client token reaches the upstream",
              "The gateway has to replace " + client.target().header().header()));
    }
    var twice = "ash-probe-" + ids.get();
    var _ = evidence.send(ask(twice, token, headers, body(twice)), "token, twice");
    if (upstream.find(twice).filter(s -> s.holds(token)).isPresent()) {
      return Optional.of(
          evidence.fail(
              "Client token reaches the upstream",
              "In %s, beside %s".formatted(other.header(), client.target().header().header())));
    }
    var wrong = "ash-probe-" + ids.get();
    var _ = evidence.send(ask(wrong, Validator.NO_TOKEN, SENT, body(wrong)), "invalid token");
    return upstream.find(wrong).isPresent()
        ? Optional.of(
            evidence.fail("Gateway forwards before it checks the token", "The probe saw the call"))
        : Optional.empty();
  }

  private static Ask ask(String id, String token, Map<String, String> headers, String body) {
    var all = new LinkedHashMap<>(headers);
    all.put("x-request-id", id);
    return new Ask("POST", "/v1/messages?beta=true", Optional.of(token), all, body);
  }

  /** JSON that anything which parses and writes it again would change. */
  private String body(String id) {
    return "{ \"model\":\"%s\",\"max_tokens\":10 ,\"ash_probe_unknown\":{\"big\":12345678901234567890,\"f\":1.0,\"u\":\"\\u0041\\/\"},\"messages\":[{\"role\":\"user\",\"content\":\"%s\"}]}"
        .formatted(client.target().model(), id);
  }
}
