package dev.ash.node;

import dev.ash.config.ClusterConfig.Role;
import dev.ash.config.ClusterConfig.Runner;
import dev.ash.config.NodeConfig;
import dev.ash.node.api.Api;
import dev.ash.node.cluster.Drain;
import dev.ash.node.cluster.NodeAddress;
import dev.ash.node.cluster.NodeLoad;
import dev.ash.node.cluster.RunningTurns;
import dev.ash.node.sandbox.Places;
import dev.ash.node.sandbox.Places.State;
import java.util.function.IntSupplier;
import java.util.function.Supplier;
import org.apache.pekko.actor.typed.ActorSystem;

/** What this node tells the others of itself. */
record LoadReport(
    ActorSystem<?> system,
    NodeConfig config,
    String name,
    IntSupplier port,
    Places places,
    RunningTurns turns,
    Drain drain)
    implements Supplier<NodeLoad> {

  @Override
  public NodeLoad get() {
    var cluster = config.cluster();
    return new NodeLoad(
        NodeAddress.self(system),
        name,
        cluster.runner().flatMap(Runner::advertiseHost).orElseGet(cluster::host),
        port.getAsInt(),
        cluster.roles().stream().map(Role::wireName).sorted().toList(),
        Api.VERSION,
        cluster.has(Role.SANDBOX) ? places.capacity() : 0,
        places.count(State.STARTING),
        places.count(State.WARM),
        places.count(State.WAITING),
        places.count(State.RUNNING),
        turns.count(),
        turns.busyShards(),
        drain.isDraining());
  }
}
