package dev.ash.node.cluster;

import java.util.List;
import java.util.Set;

/**
 * What a node says of itself once a second.
 *
 * @param address host and remoting port
 * @param name host name and process id, or the name a runner was given
 * @param host where its API listens, or its sandboxes are for a runner
 * @param port of the same
 * @param capacity sandboxes it may hold
 * @param starting sandboxes that are being made
 * @param warm sandboxes that have not worked yet
 * @param waiting sandboxes without work
 * @param running sandboxes at work
 * @param sessions sessions with a running turn
 * @param busyShards shards that those are in
 * @param draining whether it is about to leave
 */
public record NodeLoad(
    String address,
    String name,
    String host,
    int port,
    List<String> roles,
    String version,
    int capacity,
    int starting,
    int warm,
    int waiting,
    int running,
    int sessions,
    Set<String> busyShards,
    boolean draining)
    implements ClusterGossip, NodeBoard.Message {

  public NodeLoad {
    roles = List.copyOf(roles);
    busyShards = Set.copyOf(busyShards);
  }

  /**
   * Sandboxes that could be had, possibly by an idle one's giving way. Those being made count: they
   * work in a moment or give way, and a turn waits for its place.
   */
  public int room() {
    return draining || !hostsSandboxes() ? 0 : Math.max(0, capacity - running);
  }

  /** Places that no sandbox has. */
  public int free() {
    return hostsSandboxes() ? Math.max(0, capacity - starting - warm - waiting - running) : 0;
  }

  public boolean hostsSandboxes() {
    return roles.contains("sandbox");
  }
}
