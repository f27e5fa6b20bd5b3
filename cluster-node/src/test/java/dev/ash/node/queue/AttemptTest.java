package dev.ash.node.queue;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ash.config.NodeConfig;
import dev.ash.node.session.Sessions;
import dev.ash.node.session.Sessions.Accepted;
import dev.ash.node.session.Sessions.Result;
import dev.ash.persistence.Database;
import dev.ash.persistence.table.QueueClaims;
import dev.ash.persistence.table.QueueTable;
import dev.ash.protocol.id.SessionId;
import dev.ash.protocol.session.Cursor;
import dev.ash.protocol.session.Rejection;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An attempt whose item is cancelled, with a queue in a real file. */
final class AttemptTest {
  private static final Instant NOW = OneItem.SINCE;

  private final SessionId session = SessionId.of(UUID.randomUUID());
  private final CompletableFuture<Result<Accepted>> sent = new CompletableFuture<>();
  private final List<Object> interrupted = new ArrayList<>();
  private final ActorTestKit actors =
      ActorTestKit.create(NodeConfig.load(Map.of("pekko.actor.provider", "local")));

  @TempDir private Path folder = Path.of("");
  private Database database;
  private QueueTable table;
  private Attempt attempt;

  @BeforeEach
  void claim() {
    database = OneItem.in(folder, session);
    table = new QueueTable(database);
    var claims = new QueueClaims(database);
    var item =
        claims.claim(OneItem.TENANT, "node", NOW, NOW.plus(Duration.ofMinutes(1))).orElseThrow();
    attempt = new Attempt(item, sessions(), claims, actors.system(), Runnable::run);
  }

  @AfterEach
  void stop() {
    actors.shutdownTestKit();
    database.close();
  }

  @Test
  void aTurnThatIsAcceptedAfterItsItemWasCancelledIsInterrupted() throws Exception {
    var ending = attempt.run().toCompletableFuture();
    table.cancel(OneItem.TENANT, OneItem.ID);
    attempt.interrupt();
    assertThat(interrupted).isEmpty();

    sent.complete(new Result.Ok<>(new Accepted(7, Cursor.START)));

    assertThat(ending.get(20, TimeUnit.SECONDS)).isEqualTo(new Ending.Withdrawn());
    assertThat(interrupted).containsExactly(OneItem.TENANT, session, 7L);
  }

  @Test
  void aMessageThatIsRefusedAfterItsItemWasCancelledHasNoTurnToInterrupt() throws Exception {
    var ending = attempt.run().toCompletableFuture();
    attempt.interrupt();

    sent.complete(
        new Result.Refused<>(new Rejection(Rejection.Code.WRONG_STATE, "Session is ended")));

    assertThat(ending.get(20, TimeUnit.SECONDS)).isInstanceOf(Ending.Failed.class);
    assertThat(interrupted).isEmpty();
  }

  @Test
  void aTurnOfAnItemThatAnotherNodeTookIsLeftAlone() throws Exception {
    var ending = attempt.run().toCompletableFuture();
    var later = NOW.plus(Duration.ofMinutes(2));
    assertThat(
            new QueueClaims(database)
                .claim(OneItem.TENANT, "other", later, later.plus(Duration.ofDays(1))))
        .isPresent();

    sent.complete(new Result.Ok<>(new Accepted(7, Cursor.START)));

    assertThat(ending.get(20, TimeUnit.SECONDS)).isEqualTo(new Ending.Withdrawn());
    assertThat(interrupted).isEmpty();
  }

  /** Answers a message when the test says so, and notes what is interrupted. */
  private Sessions sessions() {
    return (Sessions)
        Proxy.newProxyInstance(
            Sessions.class.getClassLoader(),
            new Class<?>[] {Sessions.class},
            (_, method, arguments) ->
                switch (method.getName()) {
                  case "send" -> sent;
                  case "interruptTurn" -> {
                    interrupted.addAll(Arrays.asList(arguments));
                    yield new CompletableFuture<>();
                  }
                  default -> throw new AssertionError("not asked for: " + method);
                });
  }
}
