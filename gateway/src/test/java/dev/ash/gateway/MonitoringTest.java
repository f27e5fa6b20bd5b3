package dev.ash.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.HashSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The alerts, judged by Prometheus' own tool. */
@Timeout(60)
final class MonitoringTest {
  @Test
  void prometheusTakesTheConfigurationAndTheRules() throws Exception {
    assumePromtool();

    var ran = Monitoring.run("promtool", "check", "config", "prometheus.yml");
    assertThat(ran.code()).as(ran.output()).isZero();
    assertThat(ran.output()).contains("SUCCESS: 2 rule files found");
  }

  @Test
  void alertmanagerTakesItsConfiguration() throws Exception {
    assumeTrue(
        Checkout.has("amtool"),
        "amtool is not installed (Debian: apt-get install prometheus-alertmanager)");

    var ran = Monitoring.run("amtool", "check-config", "alertmanager.yml");
    assertThat(ran.code()).as(ran.output()).isZero();
    assertThat(ran.output()).contains("SUCCESS", "2 receivers", "2 inhibit rules");
  }

  @ParameterizedTest
  @ValueSource(strings = {"gateway", "node"})
  void alertsFireAndStayQuietAsTheirCasesSay(String about) throws Exception {
    assumePromtool();

    var ran = Monitoring.run("promtool", "test", "rules", "tests/" + about + ".yml");
    assertThat(ran.code()).as(ran.output()).isZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {"gateway", "node"})
  void everyAlertHasACaseThatSetsItOffAndOneThatDoesNot(String about) throws Exception {
    var alerts = new HashSet<String>();
    for (var group : Monitoring.yaml("rules/" + about + ".yml").path("groups")) {
      for (var rule : group.path("rules")) {
        assertThat(alerts.add(rule.path("alert").asText())).isTrue();
        assertThat(rule.path("annotations").path("summary").asText()).isNotEmpty();
      }
    }
    var loud = new HashSet<String>();
    var quiet = new HashSet<String>();
    for (var test : Monitoring.yaml("tests/" + about + ".yml").path("tests")) {
      for (var alert : test.path("alert_rule_test")) {
        var fires = !alert.path("exp_alerts").isEmpty();
        (fires ? loud : quiet).add(alert.path("alertname").asText());
      }
    }

    assertThat(alerts).hasSizeGreaterThan(10);
    assertThat(loud).isEqualTo(alerts);
    assertThat(quiet).isEqualTo(alerts);
  }

  /** A rate is per second; the words of these rules are about minutes. */
  @ParameterizedTest
  @ValueSource(strings = {"gateway", "node"})
  void whatSpeaksOfMinutesCountsInMinutes(String about) throws Exception {
    for (var group : Monitoring.yaml("rules/" + about + ".yml").path("groups")) {
      for (var rule : group.path("rules")) {
        var summary = rule.path("annotations").path("summary").asText();
        assertThat(rule.path("expr").asText().contains("* 60") || !summary.contains("a minute"))
            .as(summary)
            .isTrue();
      }
    }
  }

  private static void assumePromtool() {
    assumeTrue(
        Checkout.has("promtool"), "promtool is not installed (Debian: apt-get install prometheus)");
  }
}
