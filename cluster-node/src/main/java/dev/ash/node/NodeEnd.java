package dev.ash.node;

import dev.ash.config.ClusterConfig;
import dev.ash.node.cluster.Drain;
import dev.ash.node.egress.SocketEgressProxy;
import dev.ash.node.eval.EvalFeature;
import dev.ash.node.model.SocketModelProxy;
import dev.ash.node.queue.QueueFeature;
import dev.ash.node.sandbox.LocalSandboxes;
import dev.ash.node.session.SessionFeature;
import dev.ash.node.telemetry.Telemetry;
import dev.ash.persistence.PooledDatabase;
import java.io.Closeable;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.apache.pekko.Done;
import org.apache.pekko.actor.CoordinatedShutdown;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.cluster.MemberStatus;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.http.javadsl.ServerBinding;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** How a node ends: which of its parts in which phase, whether it leaves or was put out. */
record NodeEnd(
    ActorSystem<Void> system,
    ServerBinding api,
    ServerBinding management,
    Executor blocking,
    Drain drain,
    QueueFeature queue,
    EvalFeature evals,
    SessionFeature sessions,
    SocketModelProxy model,
    SocketEgressProxy egress,
    LocalSandboxes sandboxes,
    PooledDatabase database,
    Telemetry telemetry) {
  private static final Logger LOG = LoggerFactory.getLogger(NodeEnd.class);
  private static final Duration UNBIND_LIMIT = Duration.ofSeconds(3);

  /** What must be saved is saved by the entities, in sharding's own phase between these. */
  void inOrder() {
    var shutdown = CoordinatedShutdown.get(system);
    shutdown.addTask(
        CoordinatedShutdown.PhaseBeforeServiceUnbind(),
        "drain",
        () -> drain.begin(hasOthers(system)));
    shutdown.addTask(CoordinatedShutdown.PhaseBeforeServiceUnbind(), "queue", () -> queue.stop());
    shutdown.addTask(
        CoordinatedShutdown.PhaseBeforeServiceUnbind(),
        "evals",
        () -> later(blocking, evals::close));
    shutdown.addTask(
        CoordinatedShutdown.PhaseServiceUnbind(),
        "api-unbind",
        () -> api.unbind().thenApply(_ -> Done.getInstance()));
    shutdown.addTask(
        CoordinatedShutdown.PhaseBeforeClusterShutdown(),
        "api-terminate",
        () -> api.terminate(UNBIND_LIMIT).thenApply(_ -> Done.getInstance()));
    shutdown.addTask(
        CoordinatedShutdown.PhaseClusterShutdown(),
        "fence",
        () ->
            wasRemoved(system)
                ? later(blocking, () -> close(sandboxes))
                : CompletableFuture.completedFuture(Done.getInstance()));
    shutdown.addTask(
        CoordinatedShutdown.PhaseBeforeActorSystemTerminate(),
        "close",
        () ->
            later(
                blocking,
                () -> {
                  sessions.close();
                  close(model);
                  close(egress);
                  close(sandboxes);
                  database.close();
                  telemetry.close();
                }));
    shutdown.addTask(
        CoordinatedShutdown.PhaseBeforeActorSystemTerminate(),
        "management-unbind",
        () -> management.unbind().thenApply(_ -> Done.getInstance()));
  }

  private static CompletionStage<Done> later(Executor blocking, Runnable work) {
    return CompletableFuture.supplyAsync(
        () -> {
          work.run();
          return Done.getInstance();
        },
        blocking);
  }

  /** Whether somebody is there who could take sessions over. */
  private static boolean hasOthers(ActorSystem<?> system) {
    var state = Cluster.get(system).state();
    for (var member : state.getMembers()) {
      if (member.hasRole(ClusterConfig.Role.SANDBOX.wireName())
          && member.status().equals(MemberStatus.up())
          && !member.equals(Cluster.get(system).selfMember())) {
        return true;
      }
    }
    return false;
  }

  /** Whether the other nodes have put this one out: its sessions are theirs now. */
  static boolean wasRemoved(ActorSystem<?> system) {
    return CoordinatedShutdown.get(system)
        .getShutdownReason()
        .filter(CoordinatedShutdown.clusterDowningReason()::equals)
        .isPresent();
  }

  private static void close(Closeable what) {
    try {
      what.close();
    } catch (IOException e) {
      LOG.warn("Not everything was cleaned up", e);
    }
  }
}
