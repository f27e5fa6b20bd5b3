package dev.ash.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Who reaches whom, by real sockets through the kernel's packet filter. */
@Tag("soak")
@Timeout(180)
final class NetworkPolicyTest {
  private static final Map<String, String> NODE =
      Map.of(
          "app.kubernetes.io/name", "ash",
          "app.kubernetes.io/instance", "ash",
          "app.kubernetes.io/component", "node");

  @TempDir private Path folder = Path.of("");
  private final Pod node = own(1, NODE);
  private final Pod otherNode = own(2, NODE);
  private final Pod client = own(3, Map.of("role", "ash-client"));
  private final Pod stranger = own(4, Map.of("app", "web"));
  private final Pod foreignClient = in("shop", 5, Map.of("role", "ash-client"));
  private final Pod helmTest =
      own(
          6,
          Map.of(
              "app.kubernetes.io/name", "ash",
              "app.kubernetes.io/instance", "ash",
              "app.kubernetes.io/component", "test"));
  private final Pod monitoring =
      new Pod("10.231.0.7", "prometheus", Map.of("team", "monitoring"), Map.of());
  private final Pod postgres = own(8, Map.of("app", "postgres"));
  private final Pod foreignPostgres = in("shop", 9, Map.of("app", "postgres"));
  private final Pod gateway = in("egress", 10, Map.of("app", "llm-gateway"));
  private final Pod dns = in("kube-system", 11, Map.of("k8s-app", "kube-dns"));
  private final Pod collector = own(12, Map.of("app", "collector"));
  private final Pod apiServer = new Pod("10.231.0.13", "", Map.of(), Map.of());
  private final List<Pod> others =
      List.of(
          otherNode,
          client,
          stranger,
          foreignClient,
          helmTest,
          monitoring,
          postgres,
          foreignPostgres,
          gateway,
          dns,
          collector,
          apiServer);
  private Helm helm;
  private PodNetwork network;

  @BeforeEach
  void start() throws Exception {
    helm = new Helm(folder);
    network = new PodNetwork(folder, node, others);
  }

  @AfterEach
  void stop() throws Exception {
    if (network != null) {
      network.close();
    }
  }

  @Test
  void thePolicyOfTheChartLetsThroughWhatItListsAndNothingElse() throws Exception {
    var policy = helm.template(ValueSets.cluster()).one("NetworkPolicy", "ash");
    allOpenWithout();

    enforce(policy, node);

    assertThat(from(client, 4100)).isTrue();
    assertThat(from(client, 4101)).isFalse();
    assertThat(from(client, 7626)).isFalse();
    assertThat(from(client, 17355)).isFalse();
    assertThat(from(stranger, 4100)).isFalse();
    assertThat(from(foreignClient, 4100)).isFalse();
    assertThat(from(helmTest, 4100)).isTrue();
    assertThat(from(helmTest, 7626)).isFalse();
    assertThat(from(otherNode, 17355)).isTrue();
    assertThat(from(otherNode, 7626)).isTrue();
    assertThat(from(otherNode, 4100)).isFalse();
    assertThat(from(monitoring, 4100)).isTrue();
    assertThat(from(monitoring, 7626)).isTrue();
    assertThat(from(monitoring, 17355)).isFalse();
    assertThat(to(postgres, 5432)).isTrue();
    assertThat(to(postgres, 5433)).isFalse();
    assertThat(to(foreignPostgres, 5432)).isFalse();
    assertThat(to(gateway, 443)).isTrue();
    assertThat(to(gateway, 80)).isFalse();
    assertThat(to(stranger, 443)).isFalse();
    assertThat(to(dns, 53)).isTrue();
    assertThat(network.passes(node, dns, "udp", 53)).isTrue();
    assertThat(network.passes(node, stranger, "udp", 53)).isFalse();
    assertThat(to(collector, 4317)).isTrue();
    assertThat(to(collector, 4318)).isTrue();
    assertThat(to(collector, 4319)).isFalse();
    assertThat(to(otherNode, 17355)).isTrue();
    assertThat(to(otherNode, 7626)).isTrue();
    assertThat(to(otherNode, 4100)).isFalse();
    assertThat(to(apiServer, 443)).isFalse();
  }

  @Test
  void theKubernetesApiIsReachedByNodesThatAskIt() throws Exception {
    var values = new HashMap<>(ValueSets.of("kubernetes-api"));
    values.put(
        "networkPolicy",
        Map.of(
            "enabled",
            true,
            "kubernetesApi",
            List.of(Map.of("ipBlock", Map.of("cidr", apiServer.address() + "/32"))),
            "clients",
            List.of(Map.of("namespaceSelector", Map.of("matchLabels", Map.of("team", "shop"))))));
    var rendered = helm.template(values);

    enforce(rendered.one("NetworkPolicy", "ash"), node);

    assertThat(to(apiServer, 443)).isTrue();
    assertThat(to(apiServer, 6443)).isTrue();
    assertThat(to(apiServer, 80)).isFalse();
    assertThat(from(foreignClient, 4100)).isTrue();
    assertThat(from(client, 4100)).isFalse();
    // Neither is listed by default.
    assertThat(from(monitoring, 7626)).isFalse();
    assertThat(to(collector, 4317)).isFalse();
    // Without these addresses the nodes would not find one another.
    values.put("networkPolicy", Map.of("enabled", true));
    assertThat(helm.refusal(values)).contains("networkPolicy.kubernetesApi: nothing (expected: ");
  }

  @Test
  void theSpecifiedPolicyDoesWhatItsFileSays() throws Exception {
    var policy =
        Repository.documents(Repository.text("deploy/kubernetes/network-policy-specified.yaml"))
            .getFirst();
    // The chart's pods have another label.
    enforce(policy, node);
    assertThat(from(stranger, 4100)).isTrue();
    assertThat(to(stranger, 443)).isTrue();

    enforce(policy, new Pod(node.address(), node.namespace(), Map.of(), Map.of("app", "ash")));

    assertThat(from(client, 4100)).isTrue();
    assertThat(from(stranger, 4100)).isFalse();
    assertThat(to(postgres, 5432)).isTrue();
    assertThat(to(gateway, 443)).isTrue();
    assertThat(to(stranger, 443)).isFalse();
    assertThat(network.passes(node, dns, "udp", 53)).isFalse();
    assertThat(to(dns, 53)).isFalse();
    assertThat(from(otherNode, 17355)).isFalse();
    assertThat(to(otherNode, 17355)).isFalse();
  }

  /** What is closed later is so because of the rules. */
  private void allOpenWithout() throws Exception {
    network.rules("flush ruleset\n");
    for (var pod : others) {
      assertThat(from(pod, 4100)).isTrue();
      assertThat(to(pod, 443)).isTrue();
    }
    for (var port : List.of(4101, 7626, 17355)) {
      assertThat(from(client, port)).isTrue();
    }
    assertThat(network.passes(node, stranger, "udp", 53)).isTrue();
  }

  private void enforce(JsonNode policy, Pod subject) throws Exception {
    assertThat(policy.path("kind").asText()).isEqualTo("NetworkPolicy");
    network.rules(PacketRules.of(policy, subject, others));
  }

  private boolean from(Pod pod, int port) throws Exception {
    return network.passes(pod, node, "tcp", port);
  }

  private boolean to(Pod pod, int port) throws Exception {
    return network.passes(node, pod, "tcp", port);
  }

  private static Pod own(int number, Map<String, String> labels) {
    return in("agents", number, labels);
  }

  private static Pod in(String namespace, int number, Map<String, String> labels) {
    return new Pod(
        "10.231.0." + number,
        namespace,
        Map.of("kubernetes.io/metadata.name", namespace, "team", namespace),
        labels);
  }
}
