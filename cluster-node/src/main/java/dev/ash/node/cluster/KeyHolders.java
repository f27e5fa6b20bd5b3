package dev.ash.node.cluster;

import java.util.List;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.cluster.typed.Cluster;

/**
 * Which nodes open what is sealed with a master key. Each says the names of its keys as roles; a
 * node that has none of them, or is of a version that knows nothing of this, says none.
 */
public final class KeyHolders {
  private static final String PREFIX = "opens-";

  private KeyHolders() {}

  /** The roles of a node that has the keys with these names. */
  static List<String> roles(List<String> keys) {
    return keys.stream().map(key -> PREFIX + key).toList();
  }

  /** Whether every node that this one sees has the key with this name. */
  public static boolean areAll(ActorSystem<?> system, String key) {
    for (var member : Cluster.get(system).state().getMembers()) {
      if (!member.hasRole(PREFIX + key)) {
        return false;
      }
    }
    return true;
  }
}
