package dev.ash.node.cluster;

import java.time.Instant;
import java.util.List;

/** The nodes of the cluster and what they are doing, as last heard here. Never blocks. */
public interface Nodes {

  /** This node, now. */
  NodeLoad self();

  /** Every node that was heard of lately, this one first. */
  List<Heard> all();

  /** Whether any node could make one more sandbox. */
  default boolean anyHasRoom() {
    return all().stream().anyMatch(node -> node.load().room() > 0);
  }

  /**
   * What was heard of a node.
   *
   * @param at by this node's clock
   */
  record Heard(NodeLoad load, Instant at) {}
}
