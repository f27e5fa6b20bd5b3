package dev.ash.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.ash.gateway.server.GatewayServer;
import dev.ash.gateway.server.Hashes;
import dev.ash.protocol.json.Json;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Optional;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Every query of the gateway's dashboard, in the real Prometheus, while a gateway works. */
@Tag("soak")
@Timeout(300)
final class PrometheusIT {
  private static final String LIMITED = "ash_the-key-of-a-limited-team";

  @TempDir Path folder;

  @Test
  void everyPanelOfTheDashboardShowsSomething() throws Exception {
    assumeTrue(
        Checkout.has("prometheus"),
        "prometheus is not installed (Debian: apt-get install prometheus)");
    var queries = Monitoring.queries("gateway.json");
    assertThat(queries).hasSizeGreaterThan(20);
    try (var model = Rig.model();
        var http = HttpClient.newHttpClient();
        var gateway = Rig.start(Rig.config(config(model.url())));
        var prometheus = RealPrometheus.start(folder, "127.0.0.1:" + gateway.port())) {
      var empty = new LinkedHashMap<String, String>();
      queries.forEach(query -> empty.put(asked(query.expression()), query.panel()));
      var total = empty.size();
      Awaitility.await()
          .pollDelay(Duration.ZERO)
          .pollInterval(Duration.ofSeconds(1))
          .atMost(Duration.ofMinutes(2))
          .untilAsserted(
              () -> {
                work(http, gateway);
                for (var query : new HashSet<>(empty.keySet())) {
                  if (Double.isFinite(prometheus.largest(query))) {
                    empty.remove(query);
                  }
                }
                assertThat(empty).as("queries without a value").isEmpty();
              });

      assertThat(total)
          .isEqualTo(queries.stream().map(Monitoring.Query::expression).distinct().count());
      Awaitility.await()
          .pollDelay(Duration.ofSeconds(1))
          .pollInterval(Duration.ofSeconds(1))
          .atMost(Duration.ofMinutes(1))
          .until(
              () -> {
                work(http, gateway);
                return prometheus.largest(
                        "increase(gateway_estimated_cost_usd{user_id=\"team-a\"}[1m])")
                    > 0;
              });
      for (var group : prometheus.ask("/api/v1/rules").path("groups")) {
        for (var rule : group.path("rules")) {
          assertThat(rule.path("health").asText()).as(rule.toString()).isNotEqualTo("err");
        }
      }
    }
  }

  /** As Grafana puts them in. */
  private static String asked(String expression) {
    var asked =
        expression
            .replace("$__rate_interval", "30s")
            .replace("$__range", "1m")
            .replace("$user_id", ".*")
            .replace("$model", ".*");
    assertThat(asked).doesNotContain("$");
    return asked;
  }

  private static String config(String upstream) {
    return Rig.yaml(upstream, "")
        + "  - {name: team-b, keys: [{hash: %s}], requestsPerMinute: 1}\n"
            .formatted(new Hashes(Optional.empty()).hash(LIMITED))
        + "limits: {badKeysPerMinute: 10000}\n";
  }

  private static void work(HttpClient http, GatewayServer gateway) throws Exception {
    call(http, gateway, Rig.TOKEN, "claude-sonnet-5", "hello");
    call(http, gateway, Rig.TOKEN, "a-model-without-a-price", "hello");
    call(http, gateway, Rig.TOKEN, "claude-sonnet-5", "SCN:[{\"text\":\"x\",\"error\":500}]");
    call(http, gateway, Rig.TOKEN, "claude-sonnet-5", "hello");
    call(http, gateway, LIMITED, "claude-sonnet-5", "hello");
    call(http, gateway, "wrong", "claude-sonnet-5", "hello");
  }

  private static void call(
      HttpClient http, GatewayServer gateway, String key, String name, String prompt)
      throws Exception {
    var body = Json.object().put("model", name).put("max_tokens", 20);
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
