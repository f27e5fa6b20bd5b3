package dev.ash.node.session;

import dev.ash.node.cluster.NodeAddress;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.Address;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.apache.pekko.cluster.sharding.ShardRegion.ClusterShardingStats;
import org.apache.pekko.cluster.sharding.ShardRegion.ShardRegionStats;
import org.apache.pekko.cluster.sharding.typed.ClusterShardingQuery;
import org.apache.pekko.cluster.sharding.typed.GetClusterShardingStats;
import org.apache.pekko.cluster.sharding.typed.javadsl.ClusterSharding;

/**
 * Which node has which shards, and how many of their sessions are in memory, asked of all nodes.
 */
final class ShardOwners {
  private static final Duration PATIENCE = Duration.ofSeconds(1);

  private final ActorSystem<?> system;

  ShardOwners(ActorSystem<?> system) {
    this.system = system;
  }

  /** By host and remoting port: sessions in memory by shard. A node that is silent is left out. */
  CompletionStage<Map<String, Map<String, Integer>>> ask() {
    ActorRef<ClusterShardingQuery> sharding = ClusterSharding.get(system).shardState();
    return AskPattern.<ClusterShardingQuery, ClusterShardingStats>ask(
            sharding,
            replyTo -> new GetClusterShardingStats(SessionEntity.KEY, PATIENCE, replyTo),
            PATIENCE.multipliedBy(2),
            system.scheduler())
        .thenApply(
            stats -> {
              var owners = new HashMap<String, Map<String, Integer>>();
              stats
                  .getRegions()
                  .forEach((address, region) -> owners.put(name(address), sessions(region)));
              return owners;
            });
  }

  private static Map<String, Integer> sessions(ShardRegionStats region) {
    var sessions = new HashMap<String, Integer>();
    region.getStats().forEach((shard, count) -> sessions.put(shard, ((Number) count).intValue()));
    return sessions;
  }

  private String name(Address address) {
    return address.hasLocalScope() ? NodeAddress.self(system) : NodeAddress.of(address);
  }
}
