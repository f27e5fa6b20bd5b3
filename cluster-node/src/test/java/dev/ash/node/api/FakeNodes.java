package dev.ash.node.api;

import dev.ash.node.cluster.NodeLoad;
import dev.ash.node.cluster.Nodes;
import java.time.Instant;
import java.util.List;
import java.util.Set;

/** A cluster of a node with everything and a runner. */
final class FakeNodes implements Nodes {
  static final Instant HEARD = Instant.parse("2026-11-22T10:00:00.123Z");

  @Override
  public NodeLoad self() {
    return load("10.0.0.1:17355", "host-1", 4100, List.of("api", "sandbox"), 10, 4);
  }

  @Override
  public List<Heard> all() {
    return List.of(
        new Heard(self(), HEARD),
        new Heard(load("10.0.0.2:17355", "runner-1", 4200, List.of("sandbox"), 100, 1), HEARD));
  }

  private static NodeLoad load(
      String address, String name, int port, List<String> roles, int capacity, int running) {
    return new NodeLoad(
        address,
        name,
        address.replaceFirst(":.*", ""),
        port,
        roles,
        "0.2.0",
        capacity,
        0,
        0,
        0,
        running,
        running,
        Set.of(),
        false);
  }
}
