package dev.ash.node.cluster;

import dev.ash.config.DatabaseConfig;
import dev.ash.config.NodeConfig;
import dev.ash.persistence.table.LeaseTable;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.apache.pekko.actor.Cancellable;
import org.apache.pekko.actor.ExtendedActorSystem;
import org.apache.pekko.cluster.Cluster;
import org.apache.pekko.cluster.Member;
import org.apache.pekko.cluster.UniqueAddress;
import org.apache.pekko.coordination.lease.LeaseSettings;
import org.apache.pekko.coordination.lease.javadsl.Lease;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The split-brain resolver's lease as a row in PostgreSQL. The row names the nodes on the winning
 * side, so that one of them may take over when the holder dies next; while it is held it is
 * renewed, which lets nodes that join later belong to that side too. Made by Pekko from its
 * configuration.
 */
public final class PostgresLease extends Lease {
  private static final Logger LOG = LoggerFactory.getLogger(PostgresLease.class);
  private static final Duration PATIENCE = Duration.ofSeconds(2);
  private static final Duration TIME = Duration.ofSeconds(60);
  private static final Duration RENEW_EVERY = Duration.ofSeconds(2);

  private final LeaseSettings settings;
  private final ExtendedActorSystem system;
  private final LeaseTable table;
  private final Executor blocking;
  private volatile boolean held;
  private volatile @Nullable Cancellable renewal;

  /** Called by Pekko. */
  public PostgresLease(LeaseSettings settings, ExtendedActorSystem system) {
    this.settings = settings;
    this.system = system;
    this.blocking = system.dispatchers().lookup("blocking-io");
    this.table =
        switch (NodeConfig.from(system.settings().config()).database()) {
          case DatabaseConfig.Postgres postgres -> new LeaseTable(postgres, PATIENCE);
          case DatabaseConfig.Sqlite _ ->
              throw new IllegalStateException("a lease needs PostgreSQL");
        };
  }

  @Override
  public LeaseSettings getSettings() {
    return settings;
  }

  @Override
  public CompletionStage<Boolean> acquire() {
    return acquire(_ -> {});
  }

  @Override
  public CompletionStage<Boolean> acquire(Consumer<Optional<Throwable>> lost) {
    return CompletableFuture.supplyAsync(this::take, blocking)
        .thenApply(
            taken -> {
              LOG.info(
                  "Lease {} {} {}",
                  settings.leaseName(),
                  taken ? "is held by" : "was refused to",
                  settings.ownerName());
              held = taken;
              if (taken) {
                renewFromNowOn(lost);
              }
              return taken;
            });
  }

  @Override
  public CompletionStage<Boolean> release() {
    stopRenewing();
    held = false;
    return CompletableFuture.supplyAsync(
        () -> {
          try {
            table.release(settings.leaseName(), self());
            return true;
          } catch (SQLException e) {
            throw new IllegalStateException("lease " + settings.leaseName(), e);
          }
        },
        blocking);
  }

  @Override
  public boolean checkLease() {
    return held;
  }

  private boolean take() {
    try {
      return table.acquire(settings.leaseName(), self(), side(), TIME);
    } catch (SQLException e) {
      throw new IllegalStateException("lease " + settings.leaseName(), e);
    }
  }

  private void renewFromNowOn(Consumer<Optional<Throwable>> lost) {
    stopRenewing();
    renewal =
        system
            .scheduler()
            .scheduleWithFixedDelay(
                RENEW_EVERY,
                RENEW_EVERY,
                () -> {
                  try {
                    if (held && !take()) {
                      held = false;
                      stopRenewing();
                      lost.accept(Optional.empty());
                    }
                  } catch (IllegalStateException e) {
                    // It runs on for a while; the database may come back before it ends.
                    LOG.warn("The lease could not be renewed: {}", String.valueOf(e.getCause()));
                  }
                },
                system.dispatchers().lookup("blocking-io"));
  }

  private void stopRenewing() {
    var current = renewal;
    if (current != null) {
      current.cancel();
    }
  }

  private String self() {
    return name(Cluster.get(system).selfUniqueAddress());
  }

  /** Everybody who is not unreachable from here. */
  private Set<String> side() {
    var state = Cluster.get(system).state();
    var names = new HashSet<String>();
    names.add(self());
    for (Member member : state.getMembers()) {
      if (!state.getUnreachable().contains(member)) {
        names.add(name(member.uniqueAddress()));
      }
    }
    return names;
  }

  /** Differs for each life of a node at the same address. */
  private static String name(UniqueAddress address) {
    return address.address().hostPort() + "#" + address.longUid();
  }
}
