package dev.ash.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ash.gateway.server.GatewayServer;
import dev.ash.gateway.server.Hashes;
import dev.ash.protocol.json.Json;
import dev.ash.scriptedmodel.ScriptedModel;
import java.io.IOException;
import java.math.BigDecimal;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** What calls cost, from the answer to the bill. */
@Timeout(60)
final class UsageTest {
  private static final String OTHER = "ash_the-key-of-another-team";
  private static final String SONNET = "claude-sonnet-5";
  private static final String OURS = "our-own-model";

  /** A name that a spreadsheet would take for a formula. */
  private static final String FORMULA = "=1+1,x";

  @TempDir Path folder;
  @RegisterExtension private final BothEnds ends = new BothEnds();
  private final HttpClient http = ends.http();
  private final ScriptedModel model = ends.model();
  private final Rig.Clock clock = new Rig.Clock();
  private Path file;

  @BeforeEach
  void startModel() throws Exception {
    file = folder.resolve("audit.log");
  }

  @Test
  void sumsAreWhatTheModelCountedToTheToken() throws Exception {
    try (var gateway = started("")) {
      for (var i = 1; i < 6; i++) {
        call(gateway, Rig.TOKEN, SONNET, i % 2 == 0, "hello".repeat(i));
        call(gateway, OTHER, "claude-haiku-4-5", i % 2 == 1, "a longer question ".repeat(i));
      }
      call(gateway, OTHER, SONNET, true, cached());
      assertThat(call(gateway, Rig.TOKEN, SONNET, false, "SCN:[{\"text\":\"x\",\"error\":500}]"))
          .isEqualTo(500);
      assertThat(call(gateway, "wrong", SONNET, false, "hello")).isEqualTo(401);
    }

    var sonnet = model.tokens(SONNET);
    var haiku = model.tokens("claude-haiku-4-5");
    var rows = rows("--by", "model", "--csv");
    assertThat(rows).hasSize(4);
    assertThat(rows.get(0))
        .isEqualTo(
            "model,requests,input_tokens,output_tokens,cache_write_5m_tokens,cache_write_1h_tokens,"
                + "cache_read_tokens,tokens,cost_usd,unpriced_tokens");
    assertThat(rows.get(1)).isEqualTo("-,1,0,0,0,0,0,0,0,0");
    assertThat(cells(rows.get(2)).subList(0, 4))
        .containsExactly("claude-haiku-4-5", "5", "" + haiku.input(), "" + haiku.output());
    assertThat(new BigDecimal(cells(rows.get(2)).get(8)))
        .isEqualByComparingTo(dollars(haiku.input() * 1_000 + haiku.output() * 5_000));
    assertThat(cells(rows.get(3)).subList(0, 8))
        .containsExactly(
            SONNET,
            "7",
            "" + sonnet.input(),
            "" + sonnet.output(),
            "600",
            "400",
            "5000",
            "" + (sonnet.input() + sonnet.output() + 6_000));
    assertThat(new BigDecimal(cells(rows.get(3)).get(8)))
        .isEqualByComparingTo(
            dollars(
                sonnet.input() * 3_000
                    + sonnet.output() * 15_000
                    + 600 * 3_750
                    + 400 * 6_000
                    + 5_000 * 300));
  }

  @Test
  void metricsSayTheSameAsTheLog() throws Exception {
    String metrics;
    try (var gateway = started("")) {
      call(gateway, Rig.TOKEN, SONNET, true, cached());
      call(gateway, Rig.TOKEN, OURS, false, "hello");
      metrics = metrics(gateway, 2);
    }

    var labels = "{model=\"claude-sonnet-5\",type=\"%s\",user_id=\"team-a\"} %s";
    assertThat(metrics)
        .contains("gateway_token_usage_total" + labels.formatted("input", "7.0"))
        .contains("gateway_token_usage_total" + labels.formatted("output", "9.0"))
        .contains("gateway_token_usage_total" + labels.formatted("cache_write_5m", "600.0"))
        .contains("gateway_token_usage_total" + labels.formatted("cache_write_1h", "400.0"))
        .contains("gateway_token_usage_total" + labels.formatted("cache_read", "5000.0"))
        .contains(
            "gateway_estimated_cost_usd{model=\"claude-sonnet-5\",user_id=\"team-a\"} 0.006306")
        .doesNotContain("gateway_estimated_cost_usd{model=\"our-own-model\"")
        .contains("gateway_unpriced_tokens_total{model=\"our-own-model\"}");
    assertThat(rows("--by", "model", "--csv").get(1)).contains(",0.006306,0");
  }

  @Test
  void exposesEveryMetricThatTheSpecificationNames() throws Exception {
    try (var gateway = started("")) {
      call(gateway, Rig.TOKEN, SONNET, false, "hello");
      var metrics = metrics(gateway, 1);

      for (var name :
          List.of(
              "gateway_requests_total",
              "gateway_request_duration_seconds",
              "gateway_request_size_bytes",
              "gateway_response_size_bytes",
              "gateway_errors_total",
              "gateway_auth_failures_total",
              "gateway_rate_limit_exceeded_total",
              "gateway_upstream_requests_total",
              "gateway_upstream_latency_seconds",
              "gateway_upstream_errors_total",
              "gateway_token_usage_total",
              "gateway_estimated_cost_usd")) {
        assertThat(metrics).containsPattern("(?m)^# TYPE " + name + " ");
      }
    }
  }

  @Test
  void aModelWithoutAPriceHasNoCostOfZero() throws Exception {
    try (var gateway = started("")) {
      call(gateway, Rig.TOKEN, OURS, false, "hello");
    }

    var line = Json.parse(Files.readString(file)).orElseThrow();
    assertThat(line.path("cost_usd").isNull()).isTrue();
    var counted = model.tokens(OURS);
    var tokens = "" + (counted.input() + counted.output());
    var ran = run("--by", "model,consumer");
    assertThat(ran.out().lines().skip(1).findFirst().orElseThrow())
        .matches("our-own-model +team-a +1 .* " + tokens + " +unknown +" + tokens);
    assertThat(ran.err())
        .isEqualTo(
            "note: the cost of 1 calls with %s tokens is unknown and not in cost_usd\n"
                .formatted(tokens));
  }

  @Test
  void theFilesOwnPricesComeFirst() throws Exception {
    try (var gateway = started("prices: [{model: 'our-*', input: 2, output: 1}]\n")) {
      call(gateway, Rig.TOKEN, OURS, false, "hello");
    }

    var counted = model.tokens(OURS);
    assertThat(new BigDecimal(cells(rows("--by", "model", "--csv").get(1)).get(8)))
        .isEqualByComparingTo(dollars(counted.input() * 2_000 + counted.output() * 1_000));
  }

  @Test
  void refusesAPriceThatIsNone() throws Exception {
    assertThat(refused("prices: [{model: m, input: -1, output: 1}]"))
        .contains("prices[0].input: -1 (expected: a number from 0 to ");
    assertThat(refused("prices: [{model: m, output: 1}]"))
        .contains("prices[0].input: missing (expected: US dollars per million tokens)");
    assertThat(refused("prices: [{model: m, input: 1, output: 1, cached: 1}]"))
        .contains("prices[0].cached: unknown");
  }

  @Test
  void countsByDayAndKeepsFormulasOutOfSpreadsheets() throws Exception {
    try (var gateway = started("")) {
      call(gateway, OTHER, SONNET, false, "hello");
      clock.pass(java.time.Duration.ofDays(1));
      call(gateway, OTHER, SONNET, false, "hello");
    }
    // What is torn or of an older gateway counts as far as it can be read.
    Files.writeString(
        file,
        "{\"timestamp\":\"2026-11-24T00:00:00Z\",\"user_id\":\"x\",\"tokens_used\":5}\n"
            + Files.readString(file)
            + "{\"timestamp\":\"2026-11-24T00:00:00Z\",\"user_id\":\"y\",\"tokens_used\":7}\n{\"se");

    var ran = run("--by", "consumer,day", "--csv");
    assertThat(ran.out()).contains("\n\"'=1+1,x\",2026-11-22,1,", "\n\"'=1+1,x\",2026-11-23,1,");
    assertThat(ran.err())
        .contains("not counted: 1 lines that cannot be read, 0 that could not")
        .contains(", 1 that are none of the chain");
    assertThat(ran.out()).doesNotContain("y,2026-11-24");
    assertThat(ran.out()).contains("x,2026-11-24,1,0,0,0,0,0,5,unknown,5");
    assertThat(run("--by", "team").err()).contains("--by: team (expected: consumer, model, day");
  }

  private static String cached() {
    return "SCN:[{\"text\":\"x\",\"usage\":{\"input_tokens\":7,\"output_tokens\":9,"
        + "\"cache_creation_input_tokens\":1000,\"cache_read_input_tokens\":5000,"
        + "\"cache_creation\":{\"ephemeral_5m_input_tokens\":600,"
        + "\"ephemeral_1h_input_tokens\":400}}}]";
  }

  private static BigDecimal dollars(long nanos) {
    return BigDecimal.valueOf(nanos, 9);
  }

  private static List<String> cells(String row) {
    return Arrays.asList(row.split(",", -1));
  }

  private List<String> rows(String... options) {
    return run(options).out().lines().toList();
  }

  private Rig.Ran run(String... options) {
    var args = new ArrayList<>(List.of("gateway", "usage", file.toString()));
    args.addAll(List.of(options));
    return Rig.run(args.toArray(String[]::new));
  }

  private String refused(String more) throws IOException {
    return Rig.explained(folder, Rig.yaml(model.url(), "") + more);
  }

  private GatewayServer started(String more) throws Exception {
    var other = new Hashes(Optional.empty()).hash(OTHER);
    return Rig.start(
        Rig.config(
            Rig.yaml(model.url(), "")
                + "  - {name: '%s', keys: [{hash: %s}]}\n".formatted(FORMULA, other)
                + "audit: {file: '%s'}\n".formatted(file)
                + more),
        clock,
        java.io.OutputStream.nullOutputStream());
  }

  /** When so many calls are written down, which is after their answers. */
  private String metrics(GatewayServer gateway, int calls) {
    var request = HttpRequest.newBuilder(URI.create(gateway.url() + "/metrics")).build();
    return Awaitility.await()
        .until(
            () -> http.send(request, BodyHandlers.ofString()).body(),
            text -> text.contains("gateway_audit_sequence " + calls + ".0"));
  }

  private int call(GatewayServer gateway, String key, String name, boolean stream, String prompt)
      throws Exception {
    var body = Json.object().put("model", name).put("max_tokens", 20).put("stream", stream);
    body.putArray("messages").addObject().put("role", "user").put("content", prompt);
    return http.send(
            HttpRequest.newBuilder(URI.create(gateway.url() + "/v1/messages"))
                .header("content-type", "application/json")
                .header("authorization", "Bearer " + key)
                .POST(BodyPublishers.ofString(Json.write(body)))
                .build(),
            BodyHandlers.ofString())
        .statusCode();
  }
}
