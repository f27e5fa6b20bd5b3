package dev.ash.node.management;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.ash.node.cluster.NodeAddress;
import dev.ash.node.cluster.NodeLoad;
import dev.ash.node.cluster.Nodes;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.cluster.ClusterEvent.CurrentClusterState;
import org.apache.pekko.cluster.Member;
import org.apache.pekko.cluster.typed.Cluster;
import org.jspecify.annotations.Nullable;

/**
 * The cluster on one page: its members, what each does, and which sessions it has.
 *
 * @param self the node that answers; host and remoting port, like all names of nodes
 * @param leader the node that lets others in; absent while there is none
 * @param oldest the node that decides where shards go; absent while there is none
 * @param sessions in memory, on all nodes
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Overview(
    String self,
    @Nullable String leader,
    @Nullable String oldest,
    int shards,
    int sessions,
    List<Node> nodes) {

  public Overview {
    nodes = List.copyOf(nodes);
  }

  /**
   * One member.
   *
   * @param status Pekko's word in lower case: up, leaving, ...
   * @param reachable as the node that answers sees it
   * @param load absent while the node was not heard of
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Node(
      String address,
      String status,
      boolean reachable,
      List<String> roles,
      String version,
      int shards,
      int sessions,
      @Nullable Load load) {}

  /** What the node says of itself. */
  public record Load(
      String name,
      boolean draining,
      int capacity,
      int starting,
      int warm,
      int waiting,
      int running,
      int runningTurns,
      String heardAt) {}

  /**
   * As this node sees it now.
   *
   * @param owners sessions in memory by node and shard
   */
  public static Overview of(
      ActorSystem<?> system, Nodes nodes, Map<String, Map<String, Integer>> owners) {
    var state = Cluster.get(system).state();
    var heard =
        nodes.all().stream()
            .collect(Collectors.toMap(n -> n.load().address(), Function.identity(), (a, _) -> a));
    var unreachable = new HashSet<>(state.getUnreachable());
    var members = new TreeMap<String, Member>();
    state.getMembers().forEach(member -> members.put(NodeAddress.of(member.address()), member));
    var rows = new ArrayList<Node>();
    members.forEach(
        (address, member) -> {
          var shards = owners.getOrDefault(address, Map.of());
          rows.add(
              new Node(
                  address,
                  member.status().toString().toLowerCase(Locale.ROOT),
                  !unreachable.contains(member),
                  member.getRoles().stream()
                      .filter(role -> !role.startsWith("dc-"))
                      .sorted()
                      .toList(),
                  member.appVersion().version(),
                  shards.size(),
                  sum(shards),
                  load(heard.get(address))));
        });
    return new Overview(
        NodeAddress.self(system),
        Optional.ofNullable(state.getLeader()).map(NodeAddress::of).orElse(null),
        oldest(state).orElse(null),
        owners.values().stream().mapToInt(Map::size).sum(),
        owners.values().stream().mapToInt(Overview::sum).sum(),
        rows);
  }

  private static int sum(Map<String, Integer> shards) {
    return shards.values().stream().mapToInt(Integer::intValue).sum();
  }

  /** Shards are placed by the oldest of the nodes that may have them. */
  private static Optional<String> oldest(CurrentClusterState state) {
    Optional<Member> oldest = Optional.empty();
    for (var member : state.getMembers()) {
      if (member.hasRole("sandbox") && oldest.filter(o -> !member.isOlderThan(o)).isEmpty()) {
        oldest = Optional.of(member);
      }
    }
    return oldest.map(Member::address).map(NodeAddress::of);
  }

  private static @Nullable Load load(Nodes.@Nullable Heard heard) {
    if (heard == null) {
      return null;
    }
    NodeLoad load = heard.load();
    return new Load(
        load.name(),
        load.draining(),
        load.capacity(),
        load.starting(),
        load.warm(),
        load.waiting(),
        load.running(),
        load.sessions(),
        heard.at().toString());
  }
}
