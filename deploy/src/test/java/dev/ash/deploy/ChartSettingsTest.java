package dev.ash.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.ash.protocol.json.Json;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;

/** What the chart sets, and lets be set, is what a node reads: no helm is needed to see that. */
final class ChartSettingsTest {
  private static final Pattern SET_BY_THE_CHART = Pattern.compile("name: (ASH_[A-Z_]+)");

  /** Those that the chart leaves out, as they would contradict what it sets. */
  private static final Set<String> LEFT_OUT =
      Set.of("ASH_HOST", "ASH_MANAGEMENT_HOST", "ASH_CLUSTER_SEEDS");

  /** All names in {@code env.conf}: the whole environment surface of a node. */
  static Set<String> readByTheNode() throws IOException {
    var names = new TreeSet<String>();
    var matcher =
        Pattern.compile("\\$\\{\\?([A-Z0-9_]+)}")
            .matcher(Repository.text("config/src/main/resources/env.conf"));
    while (matcher.find()) {
      names.add(matcher.group(1));
    }
    assertThat(names).hasSizeGreaterThan(60);
    return names;
  }

  @Test
  void everyVariableOfTheNodeHasOnePlaceInTheChart() throws IOException {
    var schema = schema();
    var settings = names(schema, "settings");
    var secrets = names(schema, "secrets");
    var set = setByTheChart();
    set.remove("ASH_NODE_HEAP"); // read by the launcher
    var all = new ArrayList<String>(LEFT_OUT);
    all.addAll(settings);
    all.addAll(secrets);
    all.addAll(set);

    assertThat(all)
        .as("settings and secrets of values.schema.json, what the templates set, what is left out")
        .containsExactlyInAnyOrderElementsOf(readByTheNode());
  }

  @Test
  void filesAreVariablesOfTheNodeThatNameOne() throws IOException {
    assertThat(names(schema(), "files"))
        .allMatch(name -> name.endsWith("_FILE") || name.equals("GOOGLE_APPLICATION_CREDENTIALS"))
        .isSubsetOf(readByTheNode())
        .containsAll(readByTheNode().stream().filter(name -> name.endsWith("_FILE")).toList());
  }

  @Test
  void theLauncherReadsTheHeap() throws IOException {
    assertThat(Repository.text("launcher/node.sh")).contains("${ASH_NODE_HEAP:-768m}");
    assertThat(Repository.text("deploy/helm/ash/values.yaml")).contains("\nheap: 768m\n");
  }

  @Test
  void theDefaultsOfTheDrainAreTheNodes() throws IOException {
    var drain = Repository.documents(Repository.text("deploy/helm/ash/values.yaml")).getFirst();
    assertThat(Repository.text("config/src/main/resources/reference.conf"))
        .contains("notice = %ss".formatted(drain.at("/cluster/drain/noticeSeconds").asText()))
        .contains("limit = %ss".formatted(drain.at("/cluster/drain/limitSeconds").asText()));
  }

  @Test
  void versionsAreThoseOfTheProgram() throws IOException {
    var chart = Repository.documents(Repository.text("deploy/helm/ash/Chart.yaml")).getFirst();
    var version = chart.path("appVersion").asText();
    assertThat(Repository.text("ash")).contains("version=" + version + "\n");
    assertThat(Repository.text("deploy/container/Dockerfile"))
        .contains("ash-cluster-node-" + version + ".jar");
  }

  private static Set<String> setByTheChart() throws IOException {
    var names = new TreeSet<String>();
    var matcher =
        SET_BY_THE_CHART.matcher(Repository.text("deploy/helm/ash/templates/statefulset.yaml"));
    while (matcher.find()) {
      names.add(matcher.group(1));
    }
    return names;
  }

  private static JsonNode schema() throws IOException {
    return Json.parse(Repository.text("deploy/helm/ash/values.schema.json")).orElseThrow();
  }

  private static List<String> names(JsonNode schema, String definition) {
    return StreamSupport.stream(
            schema.path("$defs").path(definition).path("enum").spliterator(), false)
        .map(JsonNode::asText)
        .toList();
  }
}
