package dev.ash.gateway;

import dev.ash.gateway.server.Hashes;
import dev.ash.protocol.json.Json;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.util.Optional;

/** Calls of a client that speaks the Messages API, and a gateway with two upstreams for them. */
final class Calls {
  private Calls() {}

  static String yaml(String first, String second) {
    return """
    upstreams:
      - {name: a, url: '%s', credential: {value: canary-provider-key}}
      - {name: b, url: '%s', credential: {value: canary-provider-key}}
    consumers:
      - {name: team-a, keys: [{hash: %s}]}
    """
        .formatted(first, second, new Hashes(Optional.empty()).hash(Rig.TOKEN));
  }

  static String body(String prompt) {
    var body = Json.object().put("model", "claude-sonnet-5").put("max_tokens", 20);
    body.putArray("messages").addObject().put("role", "user").put("content", prompt);
    return Json.write(body);
  }

  static HttpRequest.Builder head(String url) {
    return HttpRequest.newBuilder(URI.create(url)).header("content-type", "application/json");
  }

  static HttpRequest.Builder bare(String url, String prompt) {
    return head(url).POST(BodyPublishers.ofString(body(prompt)));
  }

  static HttpRequest.Builder request(String url, String prompt) {
    return bare(url, prompt).header("authorization", "Bearer " + Rig.TOKEN);
  }
}
