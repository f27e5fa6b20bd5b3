package dev.ash.node.cluster;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.pekko.actor.ActorRef;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.actor.Address;
import org.apache.pekko.cluster.Cluster;
import org.apache.pekko.cluster.Member;
import org.apache.pekko.cluster.MemberStatus;
import org.apache.pekko.cluster.sharding.ShardCoordinator;
import scala.collection.immutable.IndexedSeq;
import scala.concurrent.Future;
import scala.jdk.javaapi.CollectionConverters;

/**
 * {@link ShardPlan} for Pekko's shard coordinator, from what the nodes say and who is reachable.
 */
public final class CapacityAllocation extends ShardCoordinator.AbstractShardAllocationStrategy {
  /** Of a node that was not heard of yet; all are equal then. */
  private static final int UNKNOWN_CAPACITY = 1000;

  private final Nodes nodes;
  private final Cluster cluster;

  public CapacityAllocation(ActorSystem system, Nodes nodes) {
    this.nodes = nodes;
    this.cluster = Cluster.get(system);
  }

  @Override
  public Future<ActorRef> allocateShard(
      ActorRef requester, String shard, Map<ActorRef, IndexedSeq<String>> current) {
    return Future.successful(plan(current).home().orElse(requester));
  }

  @Override
  public Future<Set<String>> rebalance(
      Map<ActorRef, IndexedSeq<String>> current, Set<String> inProgress) {
    return Future.successful(inProgress.isEmpty() ? plan(current).moves() : Set.of());
  }

  private ShardPlan<ActorRef> plan(Map<ActorRef, IndexedSeq<String>> current) {
    var loads =
        nodes.all().stream()
            .map(Nodes.Heard::load)
            .collect(Collectors.toMap(NodeLoad::address, Function.identity(), (a, _) -> a));
    var members = members();
    var newest =
        current.keySet().stream()
            .map(region -> members.get(address(region)))
            .filter(member -> member != null)
            .map(Member::appVersion)
            .max(org.apache.pekko.util.Version::compareTo);
    var places = new ArrayList<ShardPlan.Place<ActorRef>>();
    current.forEach(
        (region, shards) -> {
          var member = members.get(address(region));
          var load = loads.get(NodeAddress.of(address(region)));
          places.add(
              new ShardPlan.Place<>(
                  region,
                  load == null ? UNKNOWN_CAPACITY : load.capacity(),
                  member != null && (load == null || !load.draining()),
                  member == null || newest.isEmpty() || member.appVersion().equals(newest.get()),
                  Set.copyOf(CollectionConverters.asJava(shards)),
                  load == null ? Set.of() : load.busyShards()));
        });
    return new ShardPlan<>(places);
  }

  /** Members that are up and can be reached, by address. */
  private Map<Address, Member> members() {
    var state = cluster.state();
    var unreachable = new HashSet<>(state.getUnreachable());
    var found = new java.util.HashMap<Address, Member>();
    for (var member : state.getMembers()) {
      var up =
          member.status().equals(MemberStatus.up())
              || member.status().equals(MemberStatus.weaklyUp());
      if (up && !unreachable.contains(member)) {
        found.put(member.address(), member);
      }
    }
    return found;
  }

  private Address address(ActorRef region) {
    var address = region.path().address();
    return address.hasLocalScope() ? cluster.selfAddress() : address;
  }
}
