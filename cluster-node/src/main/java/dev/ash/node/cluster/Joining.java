package dev.ash.node.cluster;

import dev.ash.config.ClusterConfig;
import dev.ash.config.ClusterConfig.Formation;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.pekko.actor.Address;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Join;
import org.apache.pekko.cluster.typed.JoinSeedNodes;
import org.apache.pekko.management.cluster.bootstrap.ClusterBootstrap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Brings the node into its cluster. */
public final class Joining {
  private static final Logger LOG = LoggerFactory.getLogger(Joining.class);
  private static final Duration SAY_EVERY = Duration.ofSeconds(10);

  private Joining() {}

  /** Asks for it; the node is up some time later. */
  public static void begin(ActorSystem<?> system, ClusterConfig config) {
    var cluster = Cluster.get(system);
    switch (config.formation()) {
      case Formation.Alone _ -> cluster.manager().tell(Join.create(cluster.selfMember().address()));
      case Formation.Seeds(var nodes) ->
          cluster
              .manager()
              .tell(new JoinSeedNodes(nodes.stream().map(node -> address(system, node)).toList()));
      case Formation.Bootstrap _ -> ClusterBootstrap.get(system).start();
    }
  }

  private static Address address(ActorSystem<?> system, ClusterConfig.Peer node) {
    var self = Cluster.get(system).selfMember().address();
    return new Address(self.protocol(), system.name(), node.host(), node.port());
  }

  /**
   * Returns when the node is a member that is up, and says from time to time what it waits for. A
   * cluster of one is not waited for: nobody could refuse it.
   */
  public static void await(ActorSystem<?> system, ClusterConfig config)
      throws InterruptedException {
    if (!config.isClustered()) {
      return;
    }
    var up = new CompletableFuture<Void>();
    org.apache.pekko.cluster.Cluster.get(Adapter.toClassic(system))
        .registerOnMemberUp(() -> up.complete(null));
    while (true) {
      try {
        up.get(SAY_EVERY.toSeconds(), TimeUnit.SECONDS);
        return;
      } catch (TimeoutException e) {
        LOG.warn(
            "Not in a cluster yet ({}). The first of ASH_CLUSTER_SEEDS must run, and every node must"
                + " be reachable at its ASH_NODE_HOST and ASH_REMOTING_PORT",
            describe(config.formation()));
      } catch (ExecutionException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  private static String describe(Formation formation) {
    return switch (formation) {
      case Formation.Alone _ -> "alone";
      case Formation.Seeds(var nodes) -> "seeds " + nodes;
      case Formation.Bootstrap b ->
          "discovery by %s of %s, %d contact points required"
              .formatted(b.method(), b.service(), b.required());
    };
  }
}
