package dev.ash.node;

import dev.ash.config.ClusterConfig;
import dev.ash.config.NodeConfig;
import dev.ash.node.cluster.Drain;
import dev.ash.node.cluster.Nodes;
import dev.ash.node.cluster.Readiness;
import dev.ash.node.cluster.RunningTurns;
import dev.ash.node.management.Management;
import dev.ash.node.management.Overview;
import dev.ash.node.sandbox.LocalSandboxes;
import dev.ash.node.session.SessionFeature;
import dev.ash.persistence.Database;
import dev.ash.protocol.id.SessionId;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.apache.pekko.actor.CoordinatedShutdown;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.cluster.MemberStatus;
import org.apache.pekko.cluster.typed.Cluster;

/** What operators see of a node, put together from its parts. */
final class NodeView {
  private NodeView() {}

  static Management.Ports of(
      ActorSystem<?> system,
      NodeConfig config,
      Database database,
      LocalSandboxes sandboxes,
      Nodes nodes,
      RunningTurns turns,
      Drain drain,
      SessionFeature sessions,
      Executor blocking) {
    return new Management.Ports(
        readiness(system, config, database, sandboxes, drain, blocking),
        () -> sessions.owners().thenApply(owners -> Overview.of(system, nodes, owners)),
        id -> whereabouts(sessions, turns, id),
        () -> leave(system));
  }

  private static Readiness readiness(
      ActorSystem<?> system,
      NodeConfig config,
      Database database,
      LocalSandboxes sandboxes,
      Drain drain,
      Executor blocking) {
    var checks = new LinkedHashMap<String, Supplier<Optional<String>>>();
    checks.put(
        "leaving",
        () -> drain.isDraining() ? Optional.of("the node is leaving") : Optional.empty());
    checks.put(
        "cluster",
        () -> {
          var status = Cluster.get(system).selfMember().status();
          return status.equals(MemberStatus.up())
              ? Optional.empty()
              : Optional.of("the member is " + status);
        });
    checks.put(
        "database",
        () -> {
          database.read(
              connection -> {
                try (var statement = connection.createStatement()) {
                  return statement.execute("SELECT 1");
                }
              });
          return Optional.empty();
        });
    if (config.cluster().has(ClusterConfig.Role.SANDBOX)) {
      checks.put(
          "sandbox",
          () -> {
            var level = sandboxes.isolation().level();
            return level.equals("bwrap") || level.equals("none")
                ? Optional.empty()
                : Optional.of("isolation is " + level);
          });
    }
    return new Readiness(checks, blocking);
  }

  private static CompletionStage<Management.Whereabouts> whereabouts(
      SessionFeature sessions, RunningTurns turns, SessionId id) {
    var shard = turns.shard(id);
    return sessions
        .owners()
        .thenApply(
            owners ->
                new Management.Whereabouts(
                    id.value(),
                    shard,
                    owners.entrySet().stream()
                        .filter(node -> node.getValue().containsKey(shard))
                        .map(Map.Entry::getKey)
                        .findFirst()
                        .orElse(null)));
  }

  private static void leave(ActorSystem<?> system) {
    var _ = CoordinatedShutdown.get(system).runAll(CoordinatedShutdown.unknownReason());
  }
}
