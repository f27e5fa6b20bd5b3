package dev.ash.node.cluster;

import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.cluster.typed.Cluster;

/** Whether a cluster is being upgraded: what its older nodes could not read is not written yet. */
public final class OlderNodes {
  private OlderNodes() {}

  /** Whether every node that this one sees is of this version or a later one. */
  public static boolean none(ActorSystem<?> system) {
    var cluster = Cluster.get(system);
    var own = cluster.selfMember().appVersion();
    for (var member : cluster.state().getMembers()) {
      if (member.appVersion().compareTo(own) < 0) {
        return false;
      }
    }
    return true;
  }
}
