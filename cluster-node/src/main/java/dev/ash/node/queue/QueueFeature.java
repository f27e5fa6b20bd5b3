package dev.ash.node.queue;

import dev.ash.config.QueueConfig;
import dev.ash.node.session.Sessions;
import dev.ash.persistence.Database;
import dev.ash.persistence.Database.Dialect;
import dev.ash.persistence.table.QueueClaims;
import dev.ash.persistence.table.QueueTable;
import java.time.InstantSource;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.apache.pekko.Done;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.DispatcherSelector;

/** Starts the queue on a node. */
public final class QueueFeature {
  private final Queue queue;
  private final Optional<ActorRef<QueueLoop.Message>> loop;

  /**
   * Starts to take items and, unless the settings say not to, to work on them.
   *
   * @param works whether this node is one that works on items
   */
  public QueueFeature(
      ActorSystem<?> system,
      QueueConfig config,
      boolean works,
      Database database,
      Sessions sessions,
      InstantSource clock,
      Supplier<UUID> ids,
      Executor blocking) {
    var table = new QueueTable(database);
    var claims = new QueueClaims(database);
    if (database.dialect() == Dialect.SQLITE) {
      // This node is the only one there is: what it had in an earlier life nobody has now.
      claims.endAll();
    }
    this.loop =
        works && config.parallel() > 0
            ? Optional.of(
                system.systemActorOf(
                    QueueLoop.create(
                        new QueueLoop.Tools(
                            table,
                            claims,
                            sessions,
                            config,
                            ids.get().toString(),
                            clock,
                            blocking)),
                    "queue",
                    DispatcherSelector.fromConfig("blocking-io")))
            : Optional.empty();
    this.queue = new StoredQueue(table, config.maxWaiting(), this::look, clock, ids, blocking);
  }

  private void look() {
    loop.ifPresent(ref -> ref.tell(new QueueLoop.Look()));
  }

  public Queue queue() {
    return queue;
  }

  /** Claims nothing more, and gives back what was begun; its turns go on. */
  public CompletionStage<Done> stop() {
    var stopped = new CompletableFuture<Done>();
    loop.ifPresentOrElse(
        ref -> ref.tell(new QueueLoop.Stop(stopped)), () -> stopped.complete(Done.getInstance()));
    return stopped;
  }
}
