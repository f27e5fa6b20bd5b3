package dev.ash.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.ash.deploy.Helm.Rendered;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What the real helm makes of the chart. */
@Tag("soak")
@Timeout(120)
final class ChartTest {
  @TempDir private Path folder = Path.of("");
  private Helm helm;

  @BeforeEach
  void find() {
    helm = new Helm(folder);
  }

  @Test
  void lintFindsNothing() throws Exception {
    for (var values : ValueSets.all().entrySet()) {
      var outcome = helm.run("lint", values.getValue());
      assertThat(outcome.out())
          .as(values.getKey())
          .contains("1 chart(s) linted, 0 chart(s) failed")
          .doesNotContain("[WARNING]", "[ERROR]");
    }
  }

  @Test
  void everyVariableThatIsSetIsReadByTheNode() throws Exception {
    var known = new HashSet<>(ChartSettingsTest.readByTheNode());
    // For the names in the other variables; and the launcher's.
    known.addAll(Set.of("POD_NAME", "ASH_NODE_HEAP"));
    for (var values : ValueSets.all().entrySet()) {
      var names =
          helm.template(values.getValue()).environment().stream()
              .map(e -> e.path("name").asText())
              .toList();
      assertThat(names).as(values.getKey()).isSubsetOf(known).doesNotHaveDuplicates();
    }
  }

  @Test
  void anExistingSecretIsTakenAsItIsAndNoneIsMade() throws Exception {
    var rendered = helm.template(Map.of("auth", Map.of("existingSecret", "ash-secrets")));

    assertThat(rendered.all("Secret")).isEmpty();
    assertThat(rendered.node().at("/envFrom"))
        .hasToString("[{\"secretRef\":{\"name\":\"ash-secrets\"}}]");
    assertThat(rendered.yaml()).doesNotContain("stringData", "checksum/secret");
  }

  @Test
  void theDatabasesUrlStandsBesideAnExistingSecret() throws Exception {
    var rendered = helm.template(ValueSets.of("existing secret and a URL"));

    assertThat(rendered.node().path("envFrom"))
        .hasToString(
            "[{\"secretRef\":{\"name\":\"ash-secrets\"}},{\"secretRef\":{\"name\":\"ash\"}}]");
    assertThat(rendered.one("Secret", "ash").path("stringData"))
        .hasToString("{\"ASH_DATABASE_URL\":\"postgres://ash@db/ash\"}");
  }

  @Test
  void anotherSecretOfTheChartsIsAnotherPod() throws Exception {
    var one = checksum("canary-api-key-one");

    assertThat(one).matches("[0-9a-f]{64}").isEqualTo(checksum("canary-api-key-one"));
    assertThat(checksum("canary-api-key-two")).isNotEqualTo(one);
  }

  private String checksum(String apiKey) throws Exception {
    return helm.template(
            Map.of("auth", Map.of("apiKey", apiKey), "podAnnotations", Map.of("team", "a")))
        .one("StatefulSet", "ash")
        .at("/spec/template/metadata/annotations")
        .path("checksum/secret")
        .asText();
  }

  @Test
  void settingsAreTextAsTheyWereWritten() throws Exception {
    var rendered = helm.template(ValueSets.of("privileged, no disk"));

    assertThat(rendered.variable("ASH_IDLE_TIMEOUT_MS").path("value").textValue())
        .isEqualTo("1800000");
    assertThat(rendered.variable("ASH_MAX_SANDBOXES").path("value").textValue()).isEqualTo("50");
    assertThat(rendered.variable("ASH_REAL_SDK").path("value").textValue()).isEqualTo("true");
    assertThat(rendered.variable("VAULT_ADDR").path("value").textValue())
        .isEqualTo("https://vault:8200");
  }

  @Test
  void labelsAreTextAlsoWhereANameIsANumber() throws Exception {
    for (var object : helm.template(ValueSets.of("numbers as names")).objects()) {
      assertThat(object.at("/metadata/labels").path("app.kubernetes.io/name").textValue())
          .as(object.path("kind").asText())
          .isEqualTo("12345");
    }
  }

  @Test
  void aPolicyWithoutClientsLetsNoneIn() throws Exception {
    var peers =
        helm.template(ValueSets.of("a policy without clients"))
            .one("NetworkPolicy", "ash")
            .at("/spec/ingress/0/from");

    assertThat(peers).hasSize(1);
    assertThat(peers.at("/0/podSelector/matchLabels").path("app.kubernetes.io/component").asText())
        .isEqualTo("test");
  }

  @Test
  void keysWithOtherNamesAndFilesAreTakenAlone() throws Exception {
    var rendered = helm.template(ValueSets.of("keys and files"));

    assertThat(rendered.node().path("envFrom").isMissingNode()).isTrue();
    assertThat(rendered.variable("ASH_API_KEY").at("/valueFrom/secretKeyRef"))
        .hasToString("{\"name\":\"ash-credentials\",\"key\":\"api-key\"}");
    assertThat(rendered.variable("ANTHROPIC_API_KEY_FILE").path("value").asText())
        .isEqualTo("/etc/ash/secrets/anthropic");
    assertThat(rendered.pod().at("/volumes/0/secret/items"))
        .hasToString("[{\"key\":\"anthropic\",\"path\":\"anthropic\"}]");
    // A mount by subPath would never see the key's rotation.
    assertThat(rendered.node().path("volumeMounts").toString())
        .contains("/etc/ash/secrets")
        .doesNotContain("subPath");
  }

  @Test
  void withoutOneTheChartsOwnSecretHasWhatIsGiven() throws Exception {
    var rendered = helm.template(ValueSets.of("own secret"));

    assertThat(rendered.one("Secret", "ash").path("stringData"))
        .hasToString(
            "{\"ASH_API_KEY\":\"canary-api-key-of-values\","
                + "\"ASH_INTERNAL_SECRET\":\"canary-internal-of-values\","
                + "\"ASH_DATABASE_URL\":\"postgres://ash@db/ash\"}");
    assertThat(rendered.node().at("/envFrom/0/secretRef/name").asText()).isEqualTo("ash");
    assertThat(rendered.one("StatefulSet", "ash").toString()).doesNotContain("canary");
    assertThat(helm.template(Map.of()).all("Secret")).isEmpty();
  }

  @Test
  void nodesOfAClusterKnowEachOtherByTheirStableNames() throws Exception {
    var rendered = helm.template(ValueSets.of("cluster"));

    assertThat(rendered.variable("ASH_NODE_HOST").path("value").asText())
        .isEqualTo("$(POD_NAME).ash-nodes.agents.svc.cluster.local");
    assertThat(rendered.variable("ASH_CLUSTER_CONTACT_POINTS").path("value").asText().split(","))
        .containsExactly(
            "ash-0.ash-nodes.agents.svc.cluster.local:7626",
            "ash-1.ash-nodes.agents.svc.cluster.local:7626",
            "ash-2.ash-nodes.agents.svc.cluster.local:7626");
    assertThat(rendered.variable("ASH_CLUSTER_REQUIRED_CONTACT_POINTS").path("value").asText())
        .isEqualTo("2");
    var set = rendered.one("StatefulSet", "ash").path("spec");
    assertThat(set.path("serviceName").asText()).isEqualTo("ash-nodes");
    assertThat(set.path("podManagementPolicy").asText()).isEqualTo("Parallel");
    var nodes = rendered.one("Service", "ash-nodes").path("spec");
    assertThat(nodes.path("clusterIP").asText()).isEqualTo("None");
    assertThat(nodes.path("publishNotReadyAddresses").asBoolean()).isTrue();
    assertThat(rendered.all("Role")).isEmpty();
    assertThat(rendered.pod().path("automountServiceAccountToken").asBoolean()).isFalse();
    assertThat(rendered.variable("ASH_CLUSTER_TLS_KEY").path("value").asText())
        .isEqualTo("/etc/ash/cluster/tls.key");
  }

  @Test
  void onlyNodesThatAskTheKubernetesApiMay() throws Exception {
    var rendered = helm.template(ValueSets.of("kubernetes-api"));

    assertThat(rendered.one("Role", "ash").path("rules"))
        .hasToString(
            "[{\"apiGroups\":[\"\"],\"resources\":[\"pods\"],\"verbs\":[\"get\",\"list\",\"watch\"]}]");
    assertThat(rendered.one("RoleBinding", "ash").at("/subjects/0/name").asText())
        .isEqualTo(rendered.pod().path("serviceAccountName").asText());
    assertThat(rendered.pod().path("automountServiceAccountToken").asBoolean()).isTrue();
    // Nodes look for the label app with this value.
    assertThat(rendered.variable("ASH_CLUSTER_SERVICE").path("value").asText())
        .isEqualTo(
            rendered.one("StatefulSet", "ash").at("/spec/template/metadata/labels/app").asText());
    assertThat(rendered.variable("ASH_CLUSTER_CONTACT_POINTS")).isEmpty();
  }

  @Test
  void aPodEndsAndIsProbedAsTheNodeDoes() throws Exception {
    var rendered = helm.template(Map.of());
    var node = rendered.node();

    assertThat(node.at("/readinessProbe/httpGet"))
        .hasToString("{\"path\":\"/health/ready\",\"port\":\"management\"}");
    assertThat(node.at("/livenessProbe/httpGet"))
        .hasToString("{\"path\":\"/health/alive\",\"port\":\"management\"}");
    assertThat(node.at("/lifecycle/preStop/exec/command")).hasToString("[\"sleep\",\"3\"]");
    assertThat(rendered.pod().path("terminationGracePeriodSeconds").asInt()).isEqualTo(120);
    // Else Kubernetes sets ASH_PORT for the Service ash, to tcp://...
    assertThat(rendered.pod().path("enableServiceLinks").asBoolean(true)).isFalse();
    assertThat(rendered.one("Service", "ash").at("/spec/ports/0/port").asInt()).isEqualTo(4100);
    assertThat(rendered.one("PodDisruptionBudget", "ash").at("/spec/maxUnavailable").asInt())
        .isEqualTo(1);
    var claim = rendered.one("StatefulSet", "ash").at("/spec/volumeClaimTemplates/0/metadata/name");
    assertThat(node.at("/volumeMounts/0"))
        .hasToString("{\"name\":\"" + claim.asText() + "\",\"mountPath\":\"/data\"}");
    assertThat(rendered.pod().at("/topologySpreadConstraints/0/topologyKey").asText())
        .isEqualTo("topology.kubernetes.io/zone");
    assertThat(spread(Map.of()))
        .containsExactly("topology.kubernetes.io/zone", "kubernetes.io/hostname");
    // Kubernetes refuses two of one kind.
    assertThat(spread(Map.of("topologyKey", "kubernetes.io/hostname")))
        .containsExactly("kubernetes.io/hostname");
  }

  private List<String> spread(Map<String, String> values) throws Exception {
    var constraints =
        helm.template(Map.of("topologySpread", values)).pod().path("topologySpreadConstraints");
    return StreamSupport.stream(constraints.spliterator(), false)
        .map(constraint -> constraint.path("topologyKey").asText())
        .toList();
  }

  @Test
  void selectorsFindTheNodesAndNothingElse() throws Exception {
    var rendered = helm.template(ValueSets.of("cluster"));
    var pods = labels(rendered.one("StatefulSet", "ash").at("/spec/template/metadata/labels"));
    var test = labels(rendered.one("Pod", "ash-test").at("/metadata/labels"));

    for (var selector :
        List.of(
            rendered.one("StatefulSet", "ash").at("/spec/selector/matchLabels"),
            rendered.one("Service", "ash").at("/spec/selector"),
            rendered.one("Service", "ash-nodes").at("/spec/selector"),
            rendered.one("PodDisruptionBudget", "ash").at("/spec/selector/matchLabels"),
            rendered.one("NetworkPolicy", "ash").at("/spec/podSelector/matchLabels"))) {
      assertThat(pods).containsAll(labels(selector));
      assertThat(test.containsAll(labels(selector))).isFalse();
    }
    assertThat(labels(rendered.one("Service", "ash").at("/metadata/labels")))
        .containsAll(
            labels(rendered.one("ServiceMonitor", "ash").at("/spec/selector/matchLabels")));
    assertThat(labels(rendered.one("Service", "ash-nodes").at("/metadata/labels")))
        .doesNotContainAnyElementsOf(List.of("app.kubernetes.io/component=api"));
  }

  @Test
  void aContainerMayWhatItsIsolationNeedsAndNoMore() throws Exception {
    var userns = helm.template(Map.of());
    assertThat(userns.pod().path("hostUsers").asBoolean(true)).isFalse();
    assertThat(userns.node().path("securityContext"))
        .hasToString(
            "{\"allowPrivilegeEscalation\":false,\"capabilities\":{\"drop\":[\"ALL\"]},"
                + "\"procMount\":\"Unmasked\",\"seccompProfile\":{\"type\":\"Unconfined\"},"
                + "\"appArmorProfile\":{\"type\":\"Unconfined\"}}");
    var privileged = isolated("privileged");
    assertThat(privileged.node().path("securityContext")).hasToString("{\"privileged\":true}");
    var none = isolated("none");
    assertThat(none.variable("ASH_SANDBOX_ISOLATION").path("value").asText()).isEqualTo("none");
    assertThat(none.node().path("securityContext").toString())
        .contains("RuntimeDefault")
        .doesNotContain("Unmasked");
    assertThat(privileged.variable("ASH_SANDBOX_ISOLATION")).isEmpty();
    assertThat(userns.pod().at("/securityContext/runAsNonRoot").asBoolean()).isTrue();
  }

  @Test
  void wrongValuesAreNamed() throws Exception {
    refuses(Map.of("replica", 3), "additional properties 'replica' not allowed");
    refuses(Map.of("replicas", "three"), "at '/replicas': got string, want integer");
    refuses(Map.of("auth", Map.of("existingSecrets", "x")), "'existingSecrets' not allowed");
    refuses(
        Map.of("env", Map.of("ASH_MAX_SANDBOX", "5")), "invalid propertyName 'ASH_MAX_SANDBOX'");
    refuses(
        Map.of("env", Map.of("ANTHROPIC_API_KEY", "x")),
        "invalid propertyName 'ANTHROPIC_API_KEY'");
    refuses(Map.of("sandbox", Map.of("isolation", "bwrap")), "/sandbox/isolation");
    refuses(Map.of("replicas", 3), "replicas: 3 (expected: 1, or database.existingSecret or ");
    refuses(
        Map.of("auth", Map.of("existingSecret", "x", "apiKey", "y")),
        "auth.existingSecret: set, and so is a secret in auth");
    refuses(
        Map.of("auth", Map.of("secretKeys", Map.of("ASH_API_KEY", "y"))),
        "auth.existingSecret: nothing");
    refuses(
        Map.of("terminationGracePeriodSeconds", 60),
        "terminationGracePeriodSeconds: 60 (expected: at least 96, which is ");
    for (var label : List.of("app", "app.kubernetes.io/name", "helm.sh/chart")) {
      refuses(Map.of("podLabels", Map.of(label, "x")), "invalid propertyName '" + label + "'");
    }
    refuses(
        Map.of(
            "auth",
            Map.of("existingSecret", "x", "secretFiles", Map.of("VAULT_TOKEN_FILE", "token")),
            "env",
            Map.of("VAULT_TOKEN_FILE", "/elsewhere")),
        "env.VAULT_TOKEN_FILE: set, and so is auth.secretFiles.VAULT_TOKEN_FILE (expected: only");
    var twoKeys = "ASH_API_KEY_FILE: set, and so is auth.apiKey or auth.secretKeys.ASH_API_KEY";
    refuses(
        Map.of("auth", Map.of("apiKey", "k"), "env", Map.of("ASH_API_KEY_FILE", "/key")), twoKeys);
    refuses(
        Map.of(
            "auth",
            Map.of(
                "existingSecret",
                "x",
                "secretKeys",
                Map.of("ASH_API_KEY", "a"),
                "secretFiles",
                Map.of("ASH_API_KEY_FILE", "b"))),
        twoKeys);
    refuses(
        Map.of("serviceMonitor", Map.of("enabled", true), "networkPolicy", Map.of("enabled", true)),
        "networkPolicy.monitoring: nothing (expected: the pods of Prometheus");
  }

  @Test
  void theDefaultIsolationIsRefusedWhereKubernetesHasItNot() throws Exception {
    assertThat(on("1.32.5", Map.of()).err())
        .contains(
            "sandbox.isolation: userns on Kubernetes v1.32.5 (expected: 1.33 or newer, or"
                + " privileged or none)");
    assertThat(on("1.32.5", Map.of("sandbox", Map.of("isolation", "privileged"))).code()).isZero();
    assertThat(on("1.33.0", Map.of()).code()).isZero();
    assertThat(on("1.33.1-gke.100", Map.of()).code()).isZero();
  }

  private Helm.Outcome on(String kubernetes, Map<String, ?> values) throws Exception {
    return helm.run("template", values, "--kube-version", kubernetes);
  }

  private void refuses(Map<String, ?> values, String why) throws Exception {
    assertThat(helm.refusal(values)).contains(why);
  }

  private Rendered isolated(String isolation) throws Exception {
    return helm.template(Map.of("sandbox", Map.of("isolation", isolation)));
  }

  private static Set<String> labels(JsonNode labels) {
    var all = new HashSet<String>();
    StreamSupport.stream(labels.properties().spliterator(), false)
        .forEach(e -> all.add(e.getKey() + "=" + e.getValue().asText()));
    assertThat(all).isNotEmpty();
    return all;
  }
}
