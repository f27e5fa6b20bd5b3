package dev.ash.node.telemetry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.ash.node.model.Stats;
import dev.ash.node.sandbox.Places;
import dev.ash.persistence.table.ModelCall.Usage;
import dev.ash.protocol.json.Json;
import dev.ash.protocol.session.SessionEvent.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The node's dashboard and alerts speak of metrics that a node's page has. */
final class DashboardTest {
  private static final Path MONITORING = Path.of("..", "deploy", "monitoring");
  private static final Pattern METRIC = Pattern.compile("\\bash_[a-z_]+");
  private static final Pattern BY = Pattern.compile("by \\(([^)]*)\\)");
  private static final Pattern MATCHER = Pattern.compile("([a-z_]+)=~?\"");
  private static final Pattern LABEL = Pattern.compile("([a-z_]+)=\"");
  private static final Duration SECOND = Duration.ofSeconds(1);

  /** The API writes these itself; NodeMetricsIT pins them. */
  private static final Set<String> CONTRACT =
      Set.of("ash_up", "ash_active_sessions", "ash_active_sandboxes", "ash_pool_max_capacity");

  /** Prometheus adds the one, a histogram has the other. */
  private static final Set<String> ALWAYS = Set.of("instance", "le");

  private static Telemetry telemetry;
  private static PrometheusText page;

  @BeforeAll
  static void tellEverything() {
    telemetry = new Telemetry();
    telemetry.start(
        () -> new Stats(7, 2, 1, 1, 1, 300, 4000, 3), new Places(3, InstantSource.system()));
    telemetry.turnStarted();
    telemetry.agentSpoke(SECOND);
    telemetry.turnContinued();
    telemetry.turnEnded(Outcome.FAILED);
    telemetry.turnTook(Outcome.FAILED, SECOND);
    telemetry.sessionCreated(true);
    telemetry.sessionEnded();
    telemetry.sandboxStarted(SECOND);
    telemetry.sandboxFailed(SECOND);
    telemetry.executed(true, SECOND);
    telemetry.stored(SECOND);
    telemetry.rowWritten(false, SECOND);
    telemetry.streamOpened(Metrics.StreamKind.REPLY);
    telemetry.frameSent(Metrics.StreamKind.REPLY);
    telemetry.answered("GET", "/api/sessions", 500, SECOND);
    telemetry.answered("GET", "/api/sessions", 401, SECOND);
    telemetry.modelCallEnded("sonnet", "done", new Usage(1, 2, 3, 4), 1_000_000);
    telemetry.modelBudgetReached("tenant", "day");
    telemetry.egressEnded("passed", 1, 2);
    telemetry.rateLimited("all");
    page =
        await()
            .atMost(Duration.ofMinutes(1))
            .until(
                () -> PrometheusText.parse(telemetry.scrape()),
                p ->
                    p.sum("ash_http_rate_limited_total") > 0
                        && p.families().contains("ash_model_calls_total")
                        && p.families().contains("ash_jvm_heap_used_bytes"));
  }

  @AfterAll
  static void stop() {
    telemetry.close();
  }

  @Test
  void thePanelsShowMetricsThatThereAre() throws Exception {
    var expressions = new ArrayList<String>();
    for (var panel : json("grafana/node.json").path("panels")) {
      panel.path("targets").forEach(target -> expressions.add(target.path("expr").asText()));
    }
    assertThat(expressions).hasSizeGreaterThan(25);
    expressions.forEach(DashboardTest::isKnown);
  }

  @Test
  void theAlertsLookAtMetricsThatThereAre() throws Exception {
    var rules = Files.readString(MONITORING.resolve("rules/node.yml"));
    var expressions =
        List.of(rules.split("- alert: ", -1)).stream()
            .filter(rule -> rule.contains("expr:"))
            .map(rule -> rule.substring(rule.indexOf("expr:"), rule.indexOf("labels:")))
            .filter(rule -> !rule.contains("up{job="))
            .toList();
    assertThat(expressions).hasSizeGreaterThan(10);
    expressions.forEach(DashboardTest::isKnown);
  }

  private static void isKnown(String expression) {
    var series = new HashSet<String>(page.samples().keySet());
    series.addAll(CONTRACT);
    var labels = new HashSet<>(ALWAYS);
    var names = METRIC.matcher(expression).results().map(m -> m.group()).toList();
    assertThat(names).as(expression).isNotEmpty();
    for (var name : names) {
      var found =
          series.stream().filter(one -> one.equals(name) || one.startsWith(name + "{")).toList();
      assertThat(found).as("%s in %s", name, expression).isNotEmpty();
      found.forEach(one -> LABEL.matcher(one).results().forEach(m -> labels.add(m.group(1))));
    }
    var used = new TreeSet<String>();
    BY.matcher(expression).results().forEach(m -> used.addAll(List.of(m.group(1).split(", ", -1))));
    MATCHER.matcher(expression).results().forEach(m -> used.add(m.group(1)));
    assertThat(labels).as(expression).containsAll(used);
  }

  private static JsonNode json(String file) throws IOException {
    return Json.parse(Files.readString(MONITORING.resolve(file))).orElseThrow();
  }
}
