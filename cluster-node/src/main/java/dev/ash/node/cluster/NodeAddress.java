package dev.ash.node.cluster;

import org.apache.pekko.actor.Address;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.cluster.typed.Cluster;

/** Names of nodes as operators see them: host and remoting port. */
public final class NodeAddress {
  private NodeAddress() {}

  public static String of(Address address) {
    return address.getHost().orElse("?") + ":" + address.getPort().orElse(0);
  }

  /** Of this node. */
  public static String self(ActorSystem<?> system) {
    return of(Cluster.get(system).selfMember().address());
  }
}
