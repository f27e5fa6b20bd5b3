package dev.ash.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ash.config.ClusterConfig.Formation;
import dev.ash.config.ClusterConfig.Peer;
import dev.ash.config.ClusterConfig.Role;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class ClusterConfigTest {

  @Test
  void aNodeIsAClusterOfOneWithBothRolesUnlessToldOtherwise() {
    var cluster = read(Map.of());

    assertThat(cluster.formation()).isEqualTo(new Formation.Alone());
    assertThat(cluster.roles()).containsExactlyInAnyOrder(Role.API, Role.SANDBOX);
    assertThat(cluster.management()).isEqualTo(new ClusterConfig.Management("127.0.0.1", 7626));
  }

  @Test
  void seedsAreHostsAndPorts() {
    var cluster = read(Map.of("seeds", "10.0.0.1:17355, node-2.local:17356"));

    assertThat(cluster.formation())
        .isEqualTo(
            new Formation.Seeds(
                List.of(new Peer("10.0.0.1", 17355), new Peer("node-2.local", 17356))));
  }

  @Test
  void aCoordinatorHasNoSandboxesAndARunnerNoApi() {
    assertThat(read(Map.of("mode", "coordinator")).roles()).containsExactly(Role.API);
    assertThat(read(Map.of("runner.enabled", true)).roles()).containsExactly(Role.SANDBOX);
  }

  @Test
  void saysWhatIsWrong() {
    refuses(Map.of("seeds", "10.0.0.1"), "ASH_CLUSTER_SEEDS: 10.0.0.1 (expected: host:port");
    refuses(Map.of("seeds", "a:99999"), "ASH_CLUSTER_SEEDS: a:99999");
    refuses(Map.of("mode", "solo"), "ASH_MODE: solo (expected: standalone or coordinator)");
    refuses(Map.of("roles", "web"), "ASH_ROLES: web (expected: api, sandbox or both)");
    refuses(Map.of("discovery.method", "dns"), "ASH_CLUSTER_DISCOVERY: dns");
    refuses(Map.of("discovery.method", "config"), "ASH_CLUSTER_CONTACT_POINTS");
    refuses(
        Map.of("discovery.method", "kubernetes-api", "seeds", "a:1"),
        "ASH_CLUSTER_SEEDS: [a:1] (expected: nothing when ASH_CLUSTER_DISCOVERY is set)");
    refuses(Map.of("tls.key-file", "/k.pem"), "1 of them (expected: all three or none)");
  }

  private static void refuses(Map<String, Object> settings, String why) {
    assertThatThrownBy(() -> read(settings))
        .isInstanceOf(InvalidConfigException.class)
        .hasMessageContaining(why);
  }

  private static ClusterConfig read(Map<String, Object> settings) {
    var keys = new HashMap<String, Object>();
    settings.forEach((key, value) -> keys.put("ash.cluster." + key, value));
    return NodeConfig.from(NodeConfig.load(keys)).cluster();
  }
}
