package dev.ash.node.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.ash.config.NodeConfig;
import dev.ash.config.QueueConfig;
import dev.ash.node.session.Sessions;
import dev.ash.node.session.Sessions.Accepted;
import dev.ash.node.session.Sessions.Frame;
import dev.ash.node.session.Sessions.Result;
import dev.ash.persistence.Database;
import dev.ash.persistence.table.QueueClaims;
import dev.ash.persistence.table.QueueTable;
import dev.ash.protocol.id.SessionId;
import dev.ash.protocol.session.Cursor;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.pekko.Done;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.stream.javadsl.Source;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The loop of one node, with a queue in a real file and a session that never answers. */
final class QueueLoopTest {
  private static final Instant NOW = OneItem.SINCE;
  private static final Duration LEASE = Duration.ofHours(3);

  private final ActorTestKit actors =
      ActorTestKit.create(NodeConfig.load(Map.of("pekko.actor.provider", "local")));
  private final AtomicReference<Instant> clock = new AtomicReference<>(NOW);

  /** The ends of the streams that were followed, in order. */
  private final List<CompletableFuture<Done>> followed = new CopyOnWriteArrayList<>();

  @TempDir private Path folder = Path.of("");
  private Database database;

  @BeforeEach
  void insert() {
    database = OneItem.in(folder, SessionId.of(UUID.randomUUID()));
  }

  @AfterEach
  void stop() {
    actors.shutdownTestKit();
    database.close();
  }

  @Test
  void whatTheNodeClaimsOnceMoreAfterItWasSilentIsFollowedOnce() {
    var loop =
        actors.spawn(
            QueueLoop.create(
                new QueueLoop.Tools(
                    new QueueTable(database),
                    new QueueClaims(database),
                    sessions(),
                    new QueueConfig(2, LEASE.dividedBy(3), LEASE, 10),
                    "node",
                    clock::get,
                    Runnable::run)));
    loop.tell(new QueueLoop.Look());
    await().until(() -> followed.size() == 1);

    clock.set(NOW.plus(LEASE).plusSeconds(1));
    loop.tell(new QueueLoop.Look());

    await().until(() -> followed.size() == 2);
    await().until(() -> followed.getFirst().isDone());
    assertThat(followed.getLast()).isNotDone();
  }

  /** Takes a message, and never has anything to say of it. */
  private Sessions sessions() {
    return (Sessions)
        Proxy.newProxyInstance(
            Sessions.class.getClassLoader(),
            new Class<?>[] {Sessions.class},
            (_, method, _) ->
                CompletableFuture.completedFuture(
                    switch (method.getName()) {
                      case "send" -> new Result.Ok<>(new Accepted(7, Cursor.START));
                      case "follow" -> new Result.Ok<>(silence());
                      default -> throw new AssertionError("not asked for: " + method);
                    }));
  }

  private Source<Frame, NotUsed> silence() {
    return Source.<Frame>maybe()
        .watchTermination(
            (_, end) -> {
              followed.add(end.toCompletableFuture());
              return NotUsed.getInstance();
            });
  }
}
