package dev.ash.node.cluster;

import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Where shards belong. Pure: each node gets shards in proportion to the sandboxes it may hold, the
 * newest version first, none while it drains; and a shard with a running turn stays where it is.
 *
 * @param <N> names a node
 */
record ShardPlan<N>(List<Place<N>> places) {
  /** So much of all shards may move at once: viewers of what moves wait for a moment. */
  private static final double LARGEST_MOVE = 0.1;

  /** A node that lacks fewer does not get them: the next node to come or go would undo it. */
  private static final int WORTH_MOVING = 2;

  ShardPlan {
    places = List.copyOf(places);
  }

  /**
   * A node as far as placing is concerned.
   *
   * @param capacity sandboxes it may hold
   * @param welcome whether it may be given shards: it is up, can be reached and does not drain
   * @param newest whether no node has a newer version
   * @param busy those of its shards that have a running turn
   */
  record Place<N>(
      N node, int capacity, boolean welcome, boolean newest, Set<String> shards, Set<String> busy) {
    Place {
      shards = Set.copyOf(shards);
      busy = Set.copyOf(busy);
    }

    private double load() {
      return (double) shards.size() / Math.max(1, capacity);
    }
  }

  /** The node for a shard that nobody has; empty when there is no node at all. */
  Optional<N> home() {
    return candidates().min(Comparator.comparingDouble(Place::load)).map(Place::node);
  }

  private java.util.stream.Stream<Place<N>> candidates() {
    Collection<Place<N>> best = places.stream().filter(p -> p.welcome() && p.newest()).toList();
    if (best.isEmpty()) {
      best = places.stream().filter(Place::welcome).toList();
    }
    return (best.isEmpty() ? places : best).stream();
  }

  /** Shards to take away from their nodes now, so that they find a better one. */
  Set<String> moves() {
    var welcome = places.stream().filter(Place::welcome).toList();
    var shards = places.stream().mapToInt(p -> p.shards().size()).sum();
    var capacity = welcome.stream().mapToLong(Place::capacity).sum();
    if (welcome.size() < 2 || capacity == 0 || isUpgrading()) {
      return Set.of();
    }
    var missing = 0;
    for (var place : welcome) {
      var deficit = (int) (share(place, shards, capacity) - place.shards().size());
      missing += deficit >= WORTH_MOVING || place.shards().isEmpty() ? Math.max(0, deficit) : 0;
    }
    var limit = Math.min(missing, Math.max(1, (int) (shards * LARGEST_MOVE)));
    var moves = new HashSet<String>();
    for (var place : welcome) {
      var surplus = place.shards().size() - (int) Math.ceil(share(place, shards, capacity));
      place.shards().stream()
          .filter(shard -> !place.busy().contains(shard))
          .sorted()
          .limit(Math.max(0, Math.min(surplus, limit - moves.size())))
          .forEach(moves::add);
    }
    return moves;
  }

  /** The nodes of the old version leave anyway; what moves between them would move twice. */
  private boolean isUpgrading() {
    return places.stream().anyMatch(p -> !p.newest());
  }

  private static double share(Place<?> place, int shards, long capacity) {
    return (double) shards * place.capacity() / capacity;
  }
}
