package dev.ash.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.ash.node.telemetry.PrometheusText;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The metrics page of a whole node, with the mock agent in a real sandbox. */
final class NodeMetricsIT {
  private static final String KEY = "ash_metrics_test_key_of_thirty_six_c";
  private static final Path BRIDGE = Path.of("..", "bridge", "target", "home").toAbsolutePath();

  @TempDir static Path data;
  private static Node node;
  private static HttpClient client;

  @BeforeAll
  static void start() throws Exception {
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/bwrap")), "bubblewrap is not installed");
    assumeTrue(Files.isDirectory(BRIDGE), "the bridge is not built: mvn -pl bridge -am package");
    Map<String, Object> settings = new HashMap<>();
    settings.put("ash.data-dir", data.toString());
    settings.put("ash.http.host", "127.0.0.1");
    settings.put("ash.http.port", 0);
    settings.put("ash.cluster.remoting-port", 0);
    settings.put("ash.cluster.management.port", 0);
    settings.put("ash.auth.api-key", KEY);
    settings.put("ash.agent.real-sdk", "0");
    settings.put("ash.sandbox.bridge-home", BRIDGE.toString());
    settings.put("pekko.coordinated-shutdown.exit-jvm", "off");
    settings.put("pekko.jvm-shutdown-hooks", "off");
    node = Node.start(settings, Clock.systemUTC());
    client = HttpClient.newHttpClient();
  }

  @AfterAll
  static void stop() throws Exception {
    if (node != null) {
      client.close();
      node.stop().toCompletableFuture().get();
    }
  }

  @Test
  void countsWhatATurnTakes() throws Exception {
    ask("POST", "/api/agents", "{\"name\":\"m\",\"systemPrompt\":\"measured\"}", KEY);
    var created = ask("POST", "/api/sessions", "{\"agent\":\"m\"}", KEY).body();
    var id = created.replaceFirst("(?s).*?\"id\":\"([0-9a-f-]{36})\".*", "$1");
    var before = await().atMost(Duration.ofSeconds(30)).until(this::page, this::hasRequests);

    var reply = ask("POST", "/api/sessions/" + id + "/messages", "{\"content\":\"hi\"}", KEY);
    assertThat(reply.body()).contains("event: done");
    ask("POST", "/api/sessions/" + id + "/exec", "{\"command\":\"true\"}", KEY);
    ask("POST", "/api/sessions/" + id + "/fork", "", KEY);
    ask("DELETE", "/api/sessions/" + id, "", KEY);
    ask("GET", "/api/sessions", "", "no key at all");

    var after =
        await()
            .atMost(Duration.ofSeconds(30))
            .until(
                this::page,
                p ->
                    p.sum("ash_http_unauthorized_total") > before.sum("ash_http_unauthorized_total")
                        && p.sum("ash_streams_open") == 0);
    assertThat(grown(before, after, "ash_turns_started_total")).isEqualTo(1);
    assertThat(grown(before, after, "ash_turns_ended_total", "outcome=\"completed\"")).isEqualTo(1);
    assertThat(grown(before, after, "ash_turn_duration_seconds_count")).isEqualTo(1);
    assertThat(grown(before, after, "ash_turn_first_line_seconds_count")).isEqualTo(1);
    assertThat(grown(before, after, "ash_sessions_created_total", "kind=\"fork\"")).isEqualTo(1);
    assertThat(grown(before, after, "ash_sessions_ended_total")).isEqualTo(1);
    assertThat(after.sum("ash_sandbox_starts_total", "outcome=\"started\"")).isPositive();
    assertThat(grown(before, after, "ash_execs_total", "outcome=\"answered\"")).isEqualTo(1);
    assertThat(grown(before, after, "ash_journal_persist_seconds_count")).isGreaterThan(3);
    assertThat(grown(before, after, "ash_directory_write_seconds_count")).isGreaterThan(1);
    assertThat(grown(before, after, "ash_stream_frames_total", "kind=\"reply\"")).isGreaterThan(1);
    assertThat(
            grown(
                before,
                after,
                "ash_http_requests_total",
                "method=\"POST\"",
                "route=\"/api/sessions/:id/messages\"",
                "status=\"200\""))
        .isEqualTo(1);
    assertThat(after.sum("ash_jvm_heap_used_bytes")).isPositive();
    assertThat(after.samples().keySet()).noneMatch(series -> series.contains(id));
  }

  @Test
  void beginsWithTheContractsMetricsAndRepeatsNone() throws Exception {
    var page = await().atMost(Duration.ofSeconds(30)).until(this::page, this::hasRequests);

    assertThat(page.families())
        .startsWith(
            "ash_up",
            "ash_uptime_seconds",
            "ash_active_sessions",
            "ash_active_sandboxes",
            "ash_pool_sandboxes",
            "ash_pool_max_capacity",
            "ash_resume_total",
            "ash_resume_cold_total");
    assertThat(page.families().subList(8, page.families().size()))
        .allMatch(Pattern.compile("ash_[a-z_]+").asMatchPredicate())
        .hasSizeGreaterThan(20);
  }

  private static double grown(
      PrometheusText before, PrometheusText after, String name, String... labels) {
    return after.sum(name, labels) - before.sum(name, labels);
  }

  private boolean hasRequests(PrometheusText page) {
    return page.sum("ash_http_requests_total", "route=\"/metrics\"") > 0
        && page.families().contains("ash_jvm_heap_used_bytes");
  }

  private PrometheusText page() throws IOException, InterruptedException {
    return PrometheusText.parse(ask("GET", "/metrics", "", KEY).body());
  }

  private static HttpResponse<String> ask(String method, String path, String body, String key)
      throws IOException, InterruptedException {
    var request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + node.port() + path))
            .header("Authorization", "Bearer " + key)
            .timeout(Duration.ofSeconds(60));
    if (!body.isEmpty()) {
      request.header("Content-Type", "application/json");
    }
    return client.send(
        request.method(method, HttpRequest.BodyPublishers.ofString(body)).build(),
        HttpResponse.BodyHandlers.ofString());
  }
}
