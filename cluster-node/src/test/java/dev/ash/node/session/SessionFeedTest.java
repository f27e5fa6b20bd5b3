package dev.ash.node.session;

import static dev.ash.node.session.Samples.ACME;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ash.config.DatabaseConfig;
import dev.ash.config.NodeConfig;
import dev.ash.node.session.SessionReply.Batch;
import dev.ash.node.session.SessionReply.Refused;
import dev.ash.node.session.Sessions.Follow;
import dev.ash.persistence.Database;
import dev.ash.persistence.Migrations;
import dev.ash.persistence.PooledDatabase;
import dev.ash.persistence.journal.SessionLog;
import dev.ash.protocol.id.SessionId;
import dev.ash.protocol.session.Cursor;
import dev.ash.protocol.session.Rejection;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.japi.function.Function;
import org.apache.pekko.stream.javadsl.Sink;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A reader of a session whose journal cannot be read for a moment. */
final class SessionFeedTest {
  private final ActorTestKit actors =
      ActorTestKit.create(NodeConfig.load(Map.of("pekko.actor.provider", "local")));
  private final AtomicInteger failures = new AtomicInteger();

  @TempDir private Path folder = Path.of("");
  private Database database;

  @BeforeEach
  void open() {
    var config = new DatabaseConfig.Sqlite(folder.resolve("ash.db"));
    Migrations.run(config, Clock.systemUTC());
    database = PooledDatabase.alone(config);
  }

  @AfterEach
  void close() {
    actors.shutdownTestKit();
    database.close();
  }

  static Stream<Cursor> placesWhereTheJournalIsReadFirst() {
    return Stream.of(new Cursor(7, 2), Cursor.after(7));
  }

  @ParameterizedTest
  @MethodSource("placesWhereTheJournalIsReadFirst")
  void aJournalThatCannotBeReadForAMomentCutsNobodyOff(Cursor place) throws Exception {
    failures.set(2);
    var feed =
        new SessionFeed(
            this::answer,
            new SessionLog(new Unsteady(), actors.system()),
            Duration.ofMillis(1),
            Runnable::run);

    var frames =
        feed.follow(
                ACME,
                SessionId.of(UUID.randomUUID()),
                new Follow(place, OptionalLong.empty(), false),
                false)
            .runWith(Sink.seq(), actors.system())
            .toCompletableFuture();

    assertThat(frames.get(20, TimeUnit.SECONDS)).isEmpty();
    assertThat(failures).hasNegativeValue();
  }

  /** Has nothing to say, and then has forgotten the session. */
  private CompletableFuture<SessionReply> answer(
      SessionId id, Function<ActorRef<SessionReply>, SessionCommand> command, Duration patience) {
    try {
      return CompletableFuture.completedFuture(
          command.apply(actors.system().ignoreRef()) instanceof SessionCommand.Read
              ? new Batch(List.of())
              : new Refused(new Rejection(Rejection.Code.NOT_FOUND, "Session not found")));
    } catch (Exception e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  /** Fails a few reads. */
  private final class Unsteady implements Database {
    @Override
    public <T> T write(Work<T> work) {
      return database.write(work);
    }

    @Override
    public <T> T read(Work<T> work) {
      if (failures.getAndDecrement() > 0) {
        throw new DatabaseException("away", new SQLException("connection refused"));
      }
      return database.read(work);
    }

    @Override
    public Dialect dialect() {
      return database.dialect();
    }

    @Override
    public void close() {}
  }
}
