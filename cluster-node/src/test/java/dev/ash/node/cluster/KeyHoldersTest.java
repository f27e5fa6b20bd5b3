package dev.ash.node.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Join;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

final class KeyHoldersTest {
  @Test
  void oneNodeWithoutTheKeyIsEnough() {
    var first = node(List.of("new", "old"));
    var second = node(List.of("old"));
    try {
      var cluster = Cluster.get(first.system());
      cluster.manager().tell(new Join(cluster.selfMember().address()));
      up(first.system(), 1);
      assertThat(KeyHolders.areAll(first.system(), "new")).isTrue();

      Cluster.get(second.system()).manager().tell(new Join(cluster.selfMember().address()));
      up(first.system(), 2);

      assertThat(KeyHolders.areAll(first.system(), "new")).isFalse();
      assertThat(KeyHolders.areAll(first.system(), "old")).isTrue();
      assertThat(KeyHolders.areAll(first.system(), "other")).isFalse();
    } finally {
      second.shutdownTestKit();
      first.shutdownTestKit();
    }
  }

  private static ActorTestKit node(List<String> keys) {
    return ActorTestKit.create(
        "ash",
        ConfigFactory.parseMap(
            Map.of(
                "pekko.fail-mixed-versions", "off",
                "pekko.actor.provider", "cluster",
                "pekko.remote.artery.canonical.hostname", "127.0.0.1",
                "pekko.remote.artery.canonical.port", 0,
                "pekko.cluster.jmx.multi-mbeans-in-same-jvm", "on",
                "pekko.cluster.roles", KeyHolders.roles(keys))));
  }

  private static void up(ActorSystem<?> system, int members) {
    Awaitility.await().atMost(Duration.ofSeconds(30)).until(() -> count(system) == members);
  }

  private static int count(ActorSystem<?> system) {
    var count = 0;
    for (var _ : Cluster.get(system).state().getMembers()) {
      count++;
    }
    return count;
  }
}
