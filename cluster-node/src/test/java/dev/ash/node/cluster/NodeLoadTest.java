package dev.ash.node.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class NodeLoadTest {
  @Test
  void onlySandboxesAtWorkLeaveNoRoom() {
    assertThat(load(8, 0, 0, 0).room()).isEqualTo(8);
    assertThat(load(0, 4, 4, 0).room()).isEqualTo(8);
    assertThat(load(1, 1, 1, 5).room()).isEqualTo(3);
    assertThat(load(0, 0, 0, 8).room()).isZero();
  }

  @Test
  void whatIsFreeHasNoSandboxAtAll() {
    assertThat(load(1, 1, 1, 1).free()).isEqualTo(4);
    assertThat(load(8, 0, 0, 0).free()).isZero();
  }

  @Test
  void nodesThatLeaveOrHoldNoSandboxesHaveNoRoom() {
    assertThat(load("sandbox", true, 0, 0, 0, 0).room()).isZero();
    assertThat(load("api", false, 0, 0, 0, 0).room()).isZero();
    assertThat(load("api", false, 0, 0, 0, 0).free()).isZero();
  }

  private static NodeLoad load(int starting, int warm, int waiting, int running) {
    return load("sandbox", false, starting, warm, waiting, running);
  }

  private static NodeLoad load(
      String role, boolean draining, int starting, int warm, int waiting, int running) {
    return new NodeLoad(
        "10.0.0.1:17355",
        "node",
        "10.0.0.1",
        4100,
        List.of(role),
        "0.2.0",
        8,
        starting,
        warm,
        waiting,
        running,
        0,
        Set.of(),
        draining);
  }
}
