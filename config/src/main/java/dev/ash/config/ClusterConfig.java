package dev.ash.config;

import com.typesafe.config.Config;

/** The {@code ash.cluster} section: how the node is reached by other nodes. */
public record ClusterConfig(String host, int remotingPort) {
  static ClusterConfig from(Config c) {
    return new ClusterConfig(c.getString("host"), c.getInt("remoting-port"));
  }
}
