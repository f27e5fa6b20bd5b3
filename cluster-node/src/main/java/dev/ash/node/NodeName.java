package dev.ash.node;

import dev.ash.config.ClusterConfig;
import dev.ash.config.NodeConfig;
import java.net.InetAddress;
import java.net.UnknownHostException;

/** What health, metrics and the list of runners call this node. */
final class NodeName {
  private NodeName() {}

  static String of(NodeConfig config) {
    return config
        .cluster()
        .runner()
        .map(ClusterConfig.Runner::id)
        .filter(id -> !id.isEmpty())
        .orElseGet(() -> hostName() + "-" + ProcessHandle.current().pid());
  }

  private static String hostName() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException _) {
      return "localhost";
    }
  }
}
