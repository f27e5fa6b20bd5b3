package dev.ash.node.session;

import dev.ash.node.cluster.NodeLoad;
import dev.ash.node.cluster.Nodes;
import dev.ash.node.cluster.RunningTurns;
import dev.ash.protocol.id.SessionId;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Supplier;

/**
 * Draws ids for new sessions until one falls into a shard of the node with the most room: placement
 * without a scheduler. What was placed since a node last spoke is counted against it, so that a
 * burst is spread. Thread-safe, never waits: while nothing is known any id will do.
 */
final class SessionPlacement {
  private static final Duration FRESH = Duration.ofSeconds(2);

  /** A node tells its figures once a second, and a sandbox takes a moment to show in them. */
  private static final Duration UNHEARD = Duration.ofMillis(1500);

  /** Of 60 shards the only one of a node is missed by so many draws once in 20 million times. */
  private static final int DRAWS = 1000;

  private final ShardOwners owners;
  private final Nodes nodes;
  private final RunningTurns turns;
  private final Supplier<UUID> ids;
  private final InstantSource clock;
  private final Map<String, ArrayDeque<Instant>> placed = new HashMap<>();
  private volatile Map<String, String> known = Map.of();
  private volatile Instant asked = Instant.EPOCH;

  SessionPlacement(
      ShardOwners owners,
      Nodes nodes,
      RunningTurns turns,
      Supplier<UUID> ids,
      InstantSource clock) {
    this.owners = owners;
    this.nodes = nodes;
    this.turns = turns;
    this.ids = ids;
    this.clock = clock;
  }

  /** Whether a session may be on another node. */
  boolean hasOthers() {
    return nodes.all().size() > 1;
  }

  boolean hasRoom() {
    return nodes.anyHasRoom();
  }

  SessionId draw() {
    var all = nodes.all();
    if (all.size() < 2) {
      return SessionId.of(ids.get());
    }
    refresh();
    var best = best(all);
    var shards = known;
    var id = SessionId.of(ids.get());
    for (var draw = 0; draw < DRAWS; draw++) {
      // A shard that nobody has goes to who has fewest; once all have a node, only the best will
      // do.
      var owner = shards.get(turns.shard(id));
      if (owner == null || owner.equals(best)) {
        break;
      }
      id = SessionId.of(ids.get());
    }
    return id;
  }

  private synchronized String best(List<Nodes.Heard> all) {
    var now = clock.instant();
    placed.values().forEach(times -> times.removeIf(at -> at.isBefore(now.minus(UNHEARD))));
    var best =
        all.stream()
            .map(Nodes.Heard::load)
            .max(
                Comparator.comparing((NodeLoad load) -> load.room() > 0)
                    .thenComparingInt(this::free)
                    .thenComparingInt(NodeLoad::room))
            .orElseThrow()
            .address();
    placed.computeIfAbsent(best, _ -> new ArrayDeque<>()).add(now);
    return best;
  }

  /** Places that nobody has, less what was placed there and cannot be in its figures yet. */
  private int free(NodeLoad load) {
    var unheard = placed.get(load.address());
    return load.draining()
        ? Integer.MIN_VALUE
        : load.free() - (unheard == null ? 0 : unheard.size());
  }

  private void refresh() {
    var now = clock.instant();
    if (Duration.between(asked, now).compareTo(FRESH) < 0) {
      return;
    }
    asked = now;
    var _ = owners.ask().thenAccept(found -> known = byShard(found));
  }

  private static Map<String, String> byShard(Map<String, Map<String, Integer>> owners) {
    var found = new HashMap<String, String>();
    owners.forEach((node, shards) -> shards.keySet().forEach(shard -> found.put(shard, node)));
    return Map.copyOf(found);
  }
}
