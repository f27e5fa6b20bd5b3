package dev.ash.gateway;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpServer;
import dev.ash.gateway.server.GatewayServer;
import dev.ash.gateway.server.Hashes;
import dev.ash.protocol.json.Json;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.StreamSupport;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** From a failing upstream to somebody's webhook: our gateway, Prometheus and Alertmanager. */
@Tag("soak")
@Timeout(180)
final class AlertmanagerIT {
  private static final String LIMITED = "ash_the-key-of-a-limited-team";

  /** Of a minute's; the alert wants more than fifty in five. */
  private static final int REFUSED = 15;

  @TempDir Path folder;
  private final Queue<JsonNode> told = new ConcurrentLinkedQueue<>();

  @Test
  void whoeverIsOnCallHearsOfServerErrorsAndOfLimits() throws Exception {
    for (var program : new String[] {"prometheus", RealAlertmanager.PROGRAM}) {
      assumeTrue(
          Checkout.has(program),
          program + " is not installed (Debian: apt-get install prometheus-alertmanager)");
    }
    var webhook = webhook();
    try (var model = Rig.model();
        var http = HttpClient.newHttpClient();
        var gateway = Rig.start(Rig.config(config(model.url())));
        var alertmanager =
            RealAlertmanager.start(folder, "127.0.0.1:" + webhook.getAddress().getPort());
        var prometheus =
            RealPrometheus.alerting(
                folder, "127.0.0.1:" + gateway.port(), alertmanager.address())) {
      // A rise needs something below it.
      Awaitility.await()
          .atMost(Duration.ofMinutes(1))
          .until(() -> prometheus.largest("gateway_upstream_errors_total") == 0);
      Awaitility.await()
          .pollDelay(Duration.ZERO)
          .pollInterval(Duration.ofMillis(500))
          .atMost(Duration.ofMinutes(2))
          // Prometheus or Alertmanager may not answer yet.
          .ignoreExceptionsInstanceOf(IOException.class)
          .untilAsserted(
              () -> {
                call(http, gateway, Rig.TOKEN, "SCN:[{\"text\":\"x\",\"error\":500}]");
                for (var i = 0; i < REFUSED; i++) {
                  call(http, gateway, LIMITED, "hello");
                }
                assertThat(alert("GatewayServerErrors", "severity", "critical")).isPresent();
                assertThat(alert("GatewayRateLimited", "consumer", "team-b")).isPresent();
                assertThat(alert("GatewayUpstreamErrors", "upstream", "model")).isPresent();
                // What explains it is known, so nobody is told of it, too.
                assertThat(state(alertmanager, "GatewayUpstreamSpared")).isEqualTo("suppressed");
              });
      var errors = alert("GatewayServerErrors", "severity", "critical").orElseThrow();
      assertThat(errors.path("status").asText()).isEqualTo("firing");
      assertThat(errors.path("annotations").path("summary").asText())
          .contains("of the calls at 127.0.0.1:" + gateway.port() + " end with 5xx");
      assertThat(told).allSatisfy(one -> assertThat(one.path("receiver").asText()).isNotEmpty());
    } finally {
      webhook.stop(0);
    }
  }

  /** Keeps what is posted to it. */
  private HttpServer webhook() throws Exception {
    var server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 50);
    server.createContext(
        "/on-call",
        exchange -> {
          try (exchange) {
            var body = new String(exchange.getRequestBody().readAllBytes(), UTF_8);
            told.add(Json.parse(body).orElseThrow());
            exchange.sendResponseHeaders(200, -1);
          }
        });
    server.start();
    return server;
  }

  private Optional<JsonNode> alert(String name, String label, String value) {
    return told.stream()
        .flatMap(one -> StreamSupport.stream(one.path("alerts").spliterator(), false))
        .filter(alert -> alert.path("labels").path("alertname").asText().equals(name))
        .filter(alert -> alert.path("labels").path(label).asText().equals(value))
        .findFirst();
  }

  private static String state(RealAlertmanager alertmanager, String name) throws Exception {
    for (var alert : alertmanager.alerts()) {
      if (alert.path("labels").path("alertname").asText().equals(name)) {
        return alert.path("status").path("state").asText();
      }
    }
    return "not there";
  }

  private static String config(String upstream) {
    return Rig.yaml(upstream, "")
        + "  - {name: team-b, keys: [{hash: %s}], requestsPerMinute: 1}\n"
            .formatted(new Hashes(Optional.empty()).hash(LIMITED));
  }

  private static void call(HttpClient http, GatewayServer gateway, String key, String prompt)
      throws Exception {
    var body = Json.object().put("model", "claude-sonnet-5").put("max_tokens", 20);
    body.putArray("messages").addObject().put("role", "user").put("content", prompt);
    http.send(
        HttpRequest.newBuilder(URI.create(gateway.url() + "/v1/messages"))
            .timeout(Duration.ofSeconds(10))
            .header("content-type", "application/json")
            .header("authorization", "Bearer " + key)
            .POST(BodyPublishers.ofString(Json.write(body)))
            .build(),
        BodyHandlers.discarding());
  }
}
