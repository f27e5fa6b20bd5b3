package dev.ash.node.cluster;

import dev.ash.protocol.id.SessionId;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;

/**
 * The sessions of this node that have a running turn: what is in the way of leaving. Thread-safe.
 */
public final class RunningTurns {
  private final int shards;
  private final Set<SessionId> running = ConcurrentHashMap.newKeySet();

  /**
   * Of a cluster.
   *
   * @param shards how many shards its sessions are divided into
   */
  public RunningTurns(int shards) {
    this.shards = shards;
  }

  /** Notes whether the session has a running turn here now. */
  public void note(SessionId session, boolean runs) {
    if (runs) {
      running.add(session);
    } else {
      running.remove(session);
    }
  }

  public int count() {
    return running.size();
  }

  /** The shards with at least one running turn. */
  public Set<String> busyShards() {
    return running.stream().map(this::shard).collect(Collectors.toSet());
  }

  /** The shard that a session belongs to; the rule is Pekko's. */
  public String shard(SessionId session) {
    return Integer.toString(Math.abs(session.value().hashCode() % shards));
  }
}
