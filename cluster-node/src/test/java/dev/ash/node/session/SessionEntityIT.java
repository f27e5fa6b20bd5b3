package dev.ash.node.session;

import static dev.ash.node.session.Samples.ACME;
import static dev.ash.node.session.Samples.assistant;
import static dev.ash.node.session.Samples.delta;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.ash.config.DatabaseConfig;
import dev.ash.config.NodeConfig;
import dev.ash.config.SessionConfig;
import dev.ash.node.cluster.RunningTurns;
import dev.ash.node.session.SessionCommand.Finished;
import dev.ash.node.session.SessionCommand.Line;
import dev.ash.node.session.SessionCommand.Spoke;
import dev.ash.node.session.SessionReply.Shown;
import dev.ash.node.session.SessionReply.TurnTaken;
import dev.ash.node.session.Sessions.Follow;
import dev.ash.node.session.Sessions.Frame;
import dev.ash.node.telemetry.NoMetrics;
import dev.ash.persistence.DatabaseSettings;
import dev.ash.persistence.Migrations;
import dev.ash.persistence.PooledDatabase;
import dev.ash.persistence.journal.SessionLog;
import dev.ash.protocol.id.SessionId;
import dev.ash.protocol.session.Cursor;
import dev.ash.protocol.session.SessionEvent.Outcome;
import dev.ash.protocol.session.TurnOptions;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.DispatcherSelector;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.sharding.ShardRegion.CurrentShardRegionState;
import org.apache.pekko.cluster.sharding.typed.ClusterShardingQuery;
import org.apache.pekko.cluster.sharding.typed.GetShardRegionState;
import org.apache.pekko.cluster.sharding.typed.javadsl.ClusterSharding;
import org.apache.pekko.cluster.sharding.typed.javadsl.Entity;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Join;
import org.apache.pekko.stream.javadsl.Sink;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Sessions behind sharding and SQLite, with a worker that plays a script; read by their feed. */
@Timeout(90)
final class SessionEntityIT {
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final int LINES = 600;

  @TempDir private static Path folder = Path.of("");
  private static ActorTestKit actors;
  private static PooledDatabase database;
  private static SessionEntities entities;
  private static SessionFeed feed;

  private final SessionId id = SessionId.of(UUID.randomUUID());

  @BeforeAll
  static void start() {
    var config = new DatabaseConfig.Sqlite(folder.resolve("ash.db"));
    Migrations.run(config, InstantSource.system());
    var keys = new HashMap<String, Object>(DatabaseSettings.overrides(config));
    keys.put("ash.cluster.host", "127.0.0.1");
    keys.put("ash.cluster.remoting-port", 0);
    keys.put("pekko.remote.artery.canonical.port", 0);
    keys.put("pekko.loglevel", "OFF");
    keys.put("pekko.cluster.sharding.remember-entities", "off");
    keys.put("pekko.coordinated-shutdown.exit-jvm", "off");
    actors = ActorTestKit.create("it", NodeConfig.load(keys));
    var cluster = Cluster.get(actors.system());
    cluster.manager().tell(Join.create(cluster.selfMember().address()));
    database = PooledDatabase.besideJournal(actors.system(), config);
    var sharding = ClusterSharding.get(actors.system());
    sharding.init(
        Entity.of(
                SessionEntity.KEY,
                entity ->
                    SessionEntity.create(
                        new SessionId(entity.getEntityId()),
                        entity.getShard(),
                        SessionEntityIT::script,
                        (_, _, _, _) -> CompletableFuture.completedFuture(null),
                        new ResumeCounters(),
                        new SessionConfig(
                            50,
                            100,
                            1 << 20,
                            Duration.ofSeconds(2),
                            3,
                            1 << 20,
                            2,
                            Duration.ofHours(1),
                            Duration.ofMillis(50),
                            Duration.ofMillis(100)),
                        InstantSource.system(),
                        new RunningTurns(60),
                        Parcels.none(),
                        new NoMetrics()))
            .withStopMessage(new SessionCommand.HandOver()));
    entities =
        new ShardedEntities(
            actors.system(), PATIENCE, Parcels.none(), Runnable::run, InstantSource.system());
    var blocking =
        actors.system().dispatchers().lookup(DispatcherSelector.fromConfig("blocking-io"));
    feed =
        new SessionFeed(
            entities, new SessionLog(database, actors.system()), Duration.ofSeconds(2), blocking);
  }

  @AfterAll
  static void stop() {
    actors.shutdownTestKit();
    database.close();
  }

  /** Says one line, and as many more as the message has letters x; partials in between. */
  private static Behavior<WorkerCommand> script(ActorRef<SessionCommand> entity) {
    return Behaviors.setup(
        _ -> {
          var waiting = new ArrayList<SessionCommand>();
          return Behaviors.receiveMessage(
              message -> {
                switch (message) {
                  case WorkerCommand.Run run -> {
                    var many = run.contentJson().contains("many") ? LINES : 2;
                    for (var n = 0; n < many; n++) {
                      waiting.add(
                          new Spoke(
                              run.turn(),
                              n,
                              List.of(
                                  new Line(delta("d" + n), true),
                                  new Line(assistant("m" + n), false))));
                    }
                    waiting.add(
                        new Finished(
                            run.turn(), Outcome.COMPLETED, Optional.empty(), Optional.empty()));
                    entity.tell(waiting.removeFirst());
                  }
                  case WorkerCommand.Acknowledge _ -> {
                    entity.tell(waiting.removeFirst());
                  }
                  case WorkerCommand.HandOver _ -> entity.tell(new SessionCommand.HandedOver());
                  case WorkerCommand _ -> {}
                }
                return Behaviors.same();
              });
        });
  }

  @Test
  void showsATurnToWhoStartedIt() {
    create();

    var frames = read(turn(send("hi")));

    assertThat(names(stored(frames)))
        .containsExactly("session_start", "message", "message", "done");
    assertThat(frames.getLast().event()).isEqualTo("done");
    assertThat(frames).extracting(Frame::id).isSorted().doesNotHaveDuplicates();
  }

  @Test
  void resumesAfterEveryFrame() {
    create();
    var taken = send("hi");
    var all = stored(read(turn(taken)));

    for (var n = 0; n < all.size() - 1; n++) {
      var follow = new Follow(all.get(n).id(), OptionalLong.of(taken.turn()), false);
      assertThat(read(follow)).isEqualTo(all.subList(n + 1, all.size()));
    }
  }

  @Test
  void showsTheSameAfterTheEntityWasStartedAnew() {
    create();
    var taken = send("hi");
    var before = stored(read(turn(taken)));

    ClusterSharding.get(actors.system())
        .entityRefFor(SessionEntity.KEY, id.value())
        .tell(new SessionCommand.HandOver());
    // One that is about to end still takes a message, and leaves its turn to the next, which would
    // show that it went on with it.
    await().atMost(PATIENCE).until(() -> !inMemory().contains(id.value()));

    assertThat(stored(read(turn(taken)))).isEqualTo(before);
    var second = send("again");
    assertThat(second.turn()).isEqualTo(2);
    assertThat(names(stored(read(turn(second)))))
        .containsExactly("session_start", "message", "message", "done");
  }

  @Test
  void showsEveryReaderEverythingHoweverSlow() {
    create();
    var taken = send("many");
    var quick = collect(turn(taken));
    var slow =
        feed.follow(ACME, id, turn(taken), false)
            .throttle(LINES / 4, Duration.ofMillis(500))
            .runWith(Sink.seq(), actors.system())
            .toCompletableFuture();
    var all = stored(quick.orTimeout(60, TimeUnit.SECONDS).join());

    assertThat(all).hasSize(LINES + 2);
    assertThat(stored(slow.orTimeout(60, TimeUnit.SECONDS).join())).isEqualTo(all);
    assertThat(read(new Follow(taken.from(), OptionalLong.of(1), false)))
        .as("long after the ring has forgotten it")
        .isEqualTo(all);
  }

  @Test
  void completesWhenTheSessionEnds() {
    create();
    var all = collect(new Follow(Cursor.START, OptionalLong.empty(), false));
    read(turn(send("hi")));

    ask(to -> new SessionCommand.End(ACME, to));

    var frames = all.orTimeout(30, TimeUnit.SECONDS).join();
    assertThat(names(frames))
        .containsExactly("session_start", "message", "message", "done", "session_end");
    var fromJournal =
        feed.follow(ACME, id, new Follow(Cursor.START, OptionalLong.empty(), false), true)
            .runWith(Sink.seq(), actors.system())
            .toCompletableFuture()
            .orTimeout(30, TimeUnit.SECONDS)
            .join();
    assertThat(fromJournal).isEqualTo(frames);
  }

  @Test
  void completesAtOnceForWhoHasSeenTheLastEvent() {
    create();
    var taken = send("hi");
    var last = read(turn(taken)).getLast().id().sequence();

    assertThat(read(new Follow(Cursor.after(last), OptionalLong.of(taken.turn()), true))).isEmpty();
    ask(to -> new SessionCommand.End(ACME, to));
    assertThat(read(new Follow(Cursor.after(last + 1), OptionalLong.empty(), true))).isEmpty();
  }

  @Test
  void completesWhenTheSessionIsNotThere() {
    assertThat(read(new Follow(Cursor.START, OptionalLong.empty(), true))).isEmpty();
  }

  @Test
  void completesAtOnceForWhoStandsBehindTheTurn() {
    create();
    var first = send("hi");
    read(turn(first));
    var second = send("again");
    var last = read(turn(second)).getLast().id();

    for (var behind :
        List.of(last, Cursor.after(last.sequence()), Cursor.before(last.sequence()))) {
      assertThat(read(new Follow(behind, OptionalLong.of(first.turn()), true))).isEmpty();
    }
    // Replayed from anywhere before its end, it ends there.
    var all = stored(read(turn(first)));
    assertThat(names(all)).containsExactly("session_start", "message", "message", "done");
    assertThat(read(new Follow(Cursor.START, OptionalLong.of(first.turn()), false))).isEqualTo(all);
    assertThat(read(new Follow(Cursor.START, OptionalLong.of(second.turn()), false)))
        .extracting(Frame::event)
        .containsExactly("session_start", "message", "message", "done");
  }

  @Test
  void waitsForATurnThatIsNotThereYet() {
    create();
    read(turn(send("hi")));

    var third = collect(new Follow(Cursor.START, OptionalLong.of(3), false));
    read(turn(send("two")));
    assertThat(third).isNotDone();
    var taken = send("three");

    assertThat(taken.turn()).isEqualTo(3);
    assertThat(names(third.orTimeout(30, TimeUnit.SECONDS).join()))
        .containsExactly("session_start", "message", "message", "done");
  }

  /** Ids of the sessions that are in memory. */
  private static Set<String> inMemory() {
    ActorRef<ClusterShardingQuery> sharding = ClusterSharding.get(actors.system()).shardState();
    var state =
        AskPattern.<ClusterShardingQuery, CurrentShardRegionState>ask(
                sharding,
                replyTo -> new GetShardRegionState(SessionEntity.KEY, replyTo),
                PATIENCE,
                actors.system().scheduler())
            .toCompletableFuture()
            .orTimeout(PATIENCE.toSeconds(), TimeUnit.SECONDS)
            .join();
    return state.getShards().stream()
        .flatMap(shard -> shard.getEntityIds().stream())
        .collect(Collectors.toSet());
  }

  private void create() {
    var reply =
        ask(
            to ->
                new SessionCommand.Create(
                    ACME,
                    Samples.AGENT,
                    Samples.SETTINGS,
                    Map.of(),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    to));
    assertThat(reply).isInstanceOf(Shown.class);
  }

  private TurnTaken send(String text) {
    return send(text, Optional.empty());
  }

  private TurnTaken send(String text, Optional<String> key) {
    return (TurnTaken)
        ask(
            to ->
                new SessionCommand.Send(
                    ACME, "\"" + text + "\"", TurnOptions.NONE, Sessions.WhenBusy.QUEUE, key, to));
  }

  private SessionReply ask(
      org.apache.pekko.japi.function.Function<ActorRef<SessionReply>, SessionCommand> command) {
    return entities
        .ask(id, command)
        .toCompletableFuture()
        .orTimeout(PATIENCE.toSeconds(), TimeUnit.SECONDS)
        .join();
  }

  private static Follow turn(TurnTaken taken) {
    return new Follow(taken.from(), OptionalLong.of(taken.turn()), true);
  }

  private List<Frame> read(Follow follow) {
    return collect(follow).orTimeout(30, TimeUnit.SECONDS).join();
  }

  private CompletableFuture<List<Frame>> collect(Follow follow) {
    return feed.follow(ACME, id, follow, false)
        .runWith(Sink.seq(), actors.system())
        .toCompletableFuture();
  }

  /** Deltas are shown to who is there when they come, and to nobody else. */
  private static List<Frame> stored(List<Frame> frames) {
    return frames.stream()
        .filter(f -> !f.event().equals("text_delta") && !f.data().contains("stream_event"))
        .toList();
  }

  private static List<String> names(List<Frame> frames) {
    return frames.stream().map(Frame::event).toList();
  }
}
