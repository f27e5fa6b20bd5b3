package dev.ash.gateway;

import static dev.ash.gateway.Calls.body;
import static dev.ash.gateway.Calls.head;
import static dev.ash.gateway.Calls.request;
import static dev.ash.gateway.Calls.yaml;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ash.gateway.config.GatewayConfig;
import dev.ash.scriptedmodel.ScriptedModel;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What comes of the answers, and of upstreams that do not answer. */
@Timeout(60)
final class UpstreamTest {
  @RegisterExtension private final BothEnds ends = new BothEnds();
  private final HttpClient http = ends.http();
  private final ScriptedModel model = ends.model();

  @Test
  void handsEachDeltaOnWhenItComes() throws Exception {
    var script = "SCN:[{\"text\":\"abcd\",\"chunk\":1,\"gate\":\"g\"}]";
    try (var gateway = Rig.start(Rig.config(model.url(), ""))) {
      var request =
          head(gateway.url() + "/v1/messages")
              .header("authorization", "Bearer " + Rig.TOKEN)
              .POST(BodyPublishers.ofString(body(script).replaceFirst("\\{", "{\"stream\":true,")));
      var reply = http.send(request.build(), BodyHandlers.ofInputStream());
      try (var lines =
          new BufferedReader(new InputStreamReader(reply.body(), StandardCharsets.UTF_8))) {
        for (var i = 0; i < 4; i++) {
          // The next delta does not exist before this one has been read here.
          model.release("g", 1);
          var line = lines.readLine();
          while (line != null && !line.contains("text_delta")) {
            line = lines.readLine();
          }
          assertThat(line).contains("\"" + "abcd".charAt(i) + "\"");
        }
        assertThat(lines.lines().reduce("", String::concat)).contains("message_stop");
      }
    }
  }

  @Test
  void letsGoOfTheModelWhenTheClientLeavesAStream() throws Exception {
    var script = "SCN:[{\"text\":\"never\",\"hang\":\"ping\"}]";
    try (var gateway = Rig.start(Rig.config(model.url(), ""))) {
      var request =
          request(gateway.url() + "/v1/messages", "x")
              .POST(BodyPublishers.ofString(body(script).replaceFirst("\\{", "{\"stream\":true,")));
      var reply = http.send(request.build(), BodyHandlers.ofInputStream());
      assertThat(reply.body().read()).isPositive();
      reply.body().close();

      Awaitility.await().until(() -> model.open() == 0);
    }
  }

  @Test
  void triesTheNextUpstreamWhenTheFirstIsNotThere() throws Exception {
    var dead = "http://127.0.0.1:" + ValidateTest.freePort();
    try (var gateway = Rig.start(two(dead, model.url()))) {
      assertThat(send(request(gateway.url() + "/v1/messages", "x")).statusCode()).isEqualTo(200);
    }
  }

  @Test
  void doesNotSendACallTwiceThatMayHaveBeenServed() throws Exception {
    var script = "SCN:[{\"text\":\"x\",\"error\":500}]";
    try (var other = ScriptedModel.start(0);
        var gateway = Rig.start(two(model.url(), other.url()))) {
      assertThat(send(request(gateway.url() + "/v1/messages", script)).statusCode()).isEqualTo(500);
      assertThat(other.requests()).isZero();
    }
  }

  @Test
  void routesByHeaderAndByModel() throws Exception {
    try (var other = ScriptedModel.start(0);
        var gateway =
            Rig.start(
                Rig.config(
                    yaml(model.url(), other.url())
                        + """
                        routes:
                          - {header: {name: x-provider, value: b}, upstreams: [b]}
                          - {model: 'claude-haiku-*', upstreams: [b]}
                          - {upstreams: [a]}
                        """))) {
      var url = gateway.url() + "/v1/messages";

      assertThat(send(request(url, "x")).statusCode()).isEqualTo(200);
      assertThat(other.requests()).isZero();
      assertThat(send(request(url, "x").header("x-provider", "b")).statusCode()).isEqualTo(200);
      assertThat(other.requests()).isEqualTo(1);
      var haiku = body("x").replace("claude-sonnet-5", "claude-haiku-4-5");
      assertThat(send(request(url, "x").POST(BodyPublishers.ofString(haiku))).statusCode())
          .isEqualTo(200);
      assertThat(other.requests()).isEqualTo(2);
      var twice = haiku.replaceFirst("\\{", "{\"model\":\"claude-sonnet-5\",");
      assertThat(send(request(url, "x").POST(BodyPublishers.ofString(twice))).statusCode())
          .isEqualTo(400);
    }
  }

  @Test
  void sparesAnUpstreamThatFailsAgainAndAgain() throws Exception {
    var script = "SCN:[{\"text\":\"x\",\"error\":500}]";
    try (var gateway = Rig.start(Rig.config(model.url(), ""))) {
      var url = gateway.url() + "/v1/messages";
      for (var i = 0; i < 5; i++) {
        assertThat(send(request(url, script)).statusCode()).isEqualTo(500);
      }
      var spared = send(request(url, script));

      assertThat(spared.statusCode()).isEqualTo(503);
      assertThat(spared.headers().firstValue("retry-after")).contains("30");
      assertThat(model.requests()).isEqualTo(5);
    }
  }

  @Test
  void endsAnAnswerThatFellSilentWithoutPretendingItIsWhole() throws Exception {
    var script = "SCN:[{\"text\":\"x\",\"hang\":true}]";
    var config = yaml(model.url(), model.url()) + "timeouts: {silence: 300ms}\n";
    try (var gateway = Rig.start(Rig.config(config))) {
      var request =
          request(gateway.url() + "/v1/messages", "x")
              .POST(BodyPublishers.ofString(body(script).replaceFirst("\\{", "{\"stream\":true,")));

      assertThat(org.assertj.core.api.Assertions.catchThrowable(() -> send(request)))
          .isInstanceOf(IOException.class);
    }
  }

  @Test
  void carriesManyStreamsAtOnce() throws Exception {
    var script = "SCN:[{\"text\":\"" + "y".repeat(600) + "\",\"chunkMs\":2}]";
    try (var gateway = Rig.start(Rig.config(model.url(), ""))) {
      var replies =
          IntStream.range(0, 50)
              .mapToObj(
                  _ ->
                      http.sendAsync(
                          request(gateway.url() + "/v1/messages", "x")
                              .POST(
                                  BodyPublishers.ofString(
                                      body(script).replaceFirst("\\{", "{\"stream\":true,")))
                              .build(),
                          BodyHandlers.ofString()))
              .toList();
      for (var reply : replies) {
        assertThat(reply.get().body()).endsWith("data: {\"type\":\"message_stop\"}\n\n");
      }
    }
  }

  private static GatewayConfig two(String first, String second) throws Exception {
    return Rig.config(yaml(first, second));
  }

  private HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
    return http.send(request.build(), BodyHandlers.ofString());
  }
}
