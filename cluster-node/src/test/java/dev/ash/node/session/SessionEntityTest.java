package dev.ash.node.session;

import static dev.ash.node.session.Samples.ACME;
import static dev.ash.node.session.Samples.NOW;
import static dev.ash.node.session.Samples.assistant;
import static dev.ash.node.session.Samples.delta;
import static dev.ash.node.session.Samples.spoke;
import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import dev.ash.config.NodeConfig;
import dev.ash.config.SessionConfig;
import dev.ash.node.cluster.RunningTurns;
import dev.ash.node.session.SessionCommand.Create;
import dev.ash.node.session.SessionCommand.Finished;
import dev.ash.node.session.SessionCommand.Line;
import dev.ash.node.session.SessionCommand.Read;
import dev.ash.node.session.SessionCommand.Send;
import dev.ash.node.session.SessionCommand.Spoke;
import dev.ash.node.session.SessionReply.Batch;
import dev.ash.node.session.SessionReply.Behind;
import dev.ash.node.session.SessionReply.Delta;
import dev.ash.node.session.SessionReply.Refused;
import dev.ash.node.session.SessionReply.Shown;
import dev.ash.node.session.SessionReply.Stored;
import dev.ash.node.session.SessionReply.TurnTaken;
import dev.ash.node.telemetry.NoMetrics;
import dev.ash.protocol.id.SessionId;
import dev.ash.protocol.id.TenantId;
import dev.ash.protocol.session.Cursor;
import dev.ash.protocol.session.Rejection;
import dev.ash.protocol.session.SessionEvent;
import dev.ash.protocol.session.SessionEvent.AgentSaid;
import dev.ash.protocol.session.SessionEvent.Outcome;
import dev.ash.protocol.session.SessionEvent.TurnEnded;
import dev.ash.protocol.session.TurnOptions;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.sharding.typed.javadsl.ClusterSharding;
import org.apache.pekko.persistence.testkit.javadsl.EventSourcedBehaviorTestKit;
import org.apache.pekko.persistence.testkit.javadsl.PersistenceTestKit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/** The entity over a journal in memory, with a worker that only writes down what it is told. */
final class SessionEntityTest {
  private static final Duration NEVER = Duration.ofHours(1);
  private static final ActorTestKit ACTORS =
      ActorTestKit.create(
          EventSourcedBehaviorTestKit.config()
              .withFallback(
                  ConfigFactory.parseMap(
                      Map.of("pekko.actor.provider", "local", "pekko.loglevel", "OFF")))
              .withFallback(NodeConfig.load(Map.of()))
              .resolve());

  private final SessionId id = SessionId.of(UUID.randomUUID());
  private final String stored = "session|" + id;
  private final PersistenceTestKit journal = PersistenceTestKit.create(ACTORS.system());
  private final TestProbe<WorkerCommand> worker = ACTORS.createTestProbe();
  private final TestProbe<ClusterSharding.ShardCommand> shard = ACTORS.createTestProbe();
  private final TestProbe<SessionReply> client = ACTORS.createTestProbe();
  private final List<String> rows = new CopyOnWriteArrayList<>();
  private CompletableFuture<Void> rowWritten = CompletableFuture.completedFuture(null);

  @AfterAll
  static void stop() {
    ACTORS.shutdownTestKit();
  }

  @Test
  void tellsTheWorkerOnlyWhatIsStored() {
    var session = started(NEVER);

    session.tell(create());
    assertThat(client.receiveMessage()).isInstanceOf(Shown.class);
    worker.expectMessageClass(WorkerCommand.Prepare.class);
    session.tell(send("one"));

    assertThat(client.receiveMessage()).isEqualTo(new TurnTaken(1, Cursor.before(2)));
    assertThat(worker.expectMessageClass(WorkerCommand.Run.class).contentJson())
        .isEqualTo("\"one\"");
    assertThat(forms()).isEqualTo("Created TurnAccepted TurnStarted");
    assertThat(rows).contains("1 active", "3 active");
  }

  /** Whoever repeats a question looks for the session next, as whoever asked first. */
  @Test
  void answersARepeatedCreateOnlyWhenTheListIsRight() {
    rowWritten = new CompletableFuture<>();
    var session = started(NEVER);

    session.tell(create());
    session.tell(create());
    client.awaitAssert(
        () -> {
          assertThat(rows).containsExactly("1 active", "1 active");
          return rows;
        });
    client.expectNoMessage();
    rowWritten.complete(null);

    client.expectMessageClass(Shown.class);
    client.expectMessageClass(Shown.class);
    assertThat(forms()).isEqualTo("Created");
  }

  @Test
  void showsLinesWhenTheyAreStoredAndDeltasInTheirPlaces() {
    var session = running();
    session.tell(read(Cursor.after(3)));

    session.tell(
        new Spoke(
            1,
            0,
            List.of(
                new Line(assistant("a"), false),
                new Line(delta("d"), true),
                new Line(assistant("b"), false))));

    var items = client.expectMessageClass(Batch.class).items();
    assertThat(items).hasSize(3);
    assertThat(((AgentSaid) ((Stored) items.get(0)).event()).raw()).isEqualTo(assistant("a"));
    assertThat(items.get(1)).isEqualTo(new Delta(4, 2, 1, delta("d")));
    assertThat(((Stored) items.get(2)).sequence()).isEqualTo(5);
    worker.expectMessage(new WorkerCommand.Acknowledge());
  }

  @Test
  void storesEachLineOnceThoughTheJournalFails() {
    var session = running();
    journal.failNextPersisted(stored);

    session.tell(spoke(1, 0, assistant("a"), assistant("b")));
    worker.expectMessage(new WorkerCommand.Confirm(1));
    session.tell(spoke(1, 0, assistant("a"), assistant("b")));
    worker.expectMessage(new WorkerCommand.Acknowledge());
    session.tell(spoke(1, 0, assistant("a"), assistant("b")));
    worker.expectMessage(new WorkerCommand.Acknowledge());

    assertThat(forms()).isEqualTo("Created TurnAccepted TurnStarted AgentSaid AgentSaid");
    session.tell(read(Cursor.after(3)));
    client.expectMessageClass(Batch.class);
  }

  /** Else the worker would wait for ever, and the next turn with it. */
  @Test
  void asksAgainForLinesAfterATurnWhenTheJournalFails() {
    var session = running();
    session.tell(finished());
    awaitForms("Created TurnAccepted TurnStarted TurnEnded");
    journal.failNextPersisted(stored);

    session.tell(spoke(1, 0, assistant("late")));
    worker.expectMessage(new WorkerCommand.Resend());
    session.tell(spoke(1, 0, assistant("late")));
    worker.expectMessage(new WorkerCommand.Acknowledge());

    assertThat(forms()).endsWith("TurnEnded AgentSaid");
  }

  @Test
  void asksAWorkerThatStartedAnewForItsTurn() {
    var session = running();
    session.tell(new SessionCommand.WorkerBorn());

    session.tell(new SessionCommand.WorkerBorn());

    worker.expectMessage(new WorkerCommand.Confirm(1));
  }

  @Test
  void findsItsTurnAgainWhenItIsStartedAnew() {
    var session = running();
    ACTORS.stop(session);
    var again = started(NEVER);

    worker.expectMessage(new WorkerCommand.Confirm(1));
    again.tell(read(Cursor.START));
    client.expectMessage(new Behind(3));
    again.tell(new SessionCommand.Show(ACME, client.ref()));
    assertThat(client.expectMessageClass(Shown.class).view().status()).isEqualTo("active");
  }

  @Test
  void recoversFromItsSnapshots() {
    var session = running();
    for (var n = 0; n < 20; n++) {
      session.tell(spoke(1, n, assistant("m" + n)));
      worker.expectMessage(new WorkerCommand.Acknowledge());
    }
    session.tell(new SessionCommand.Show(ACME, client.ref()));
    var before = client.expectMessageClass(Shown.class).view();
    ACTORS.stop(session);

    started(NEVER).tell(new SessionCommand.Show(ACME, client.ref()));

    assertThat(client.expectMessageClass(Shown.class).view()).isEqualTo(before);
  }

  @Test
  void leavesMemoryOnlyWhenItIsQuiet() {
    var session = started(Duration.ofMillis(50));
    session.tell(create());
    client.receiveMessage();
    session.tell(send("one"));
    client.receiveMessage();
    shard.expectNoMessage(Duration.ofMillis(100));

    session.tell(new SessionCommand.WorkerLive(true));
    session.tell(finished());
    shard.expectNoMessage(Duration.ofMillis(100));
    session.tell(new SessionCommand.WorkerLive(false));

    assertThat(shard.receiveMessage()).isInstanceOf(ClusterSharding.Passivate.class);
  }

  @Test
  void tellsItsWorkerNothingNewWhenItIsHandedOver() {
    var session = running();
    session.tell(send("two"));
    client.receiveMessage();

    session.tell(new SessionCommand.HandOver());
    worker.expectMessage(new WorkerCommand.HandOver(true));
    session.tell(finished());
    awaitForms("Created TurnAccepted TurnStarted TurnAccepted TurnEnded TurnStarted");
    worker.expectNoMessage(Duration.ofMillis(50));
    session.tell(new SessionCommand.HandedOver());

    client.expectTerminated(session);
    started(NEVER);
    worker.expectMessage(new WorkerCommand.Confirm(2));
  }

  /** Else no other node could have the answer. */
  @Test
  void showsLittleHoweverMuchItHolds() {
    var session = running();
    session.tell(send("x".repeat(900_000)));
    client.expectMessageClass(TurnTaken.class);

    session.tell(new SessionCommand.Show(ACME, client.ref()));

    assertThat(client.expectMessageClass(Shown.class).toString()).hasSizeLessThan(2_000);
  }

  @Test
  void hasItsWorkerSaveBeforeAFork() {
    var session = running();

    session.tell(new SessionCommand.Flush(ACME, client.ref()));

    assertThat(worker.expectMessageClass(WorkerCommand.Serve.class).request())
        .isEqualTo(new SessionCommand.Flush(ACME, client.ref()));
  }

  /** What runs is not told of it, and goes on to the next turn but one. */
  @Test
  void withdrawsATurnThatWaitsAndLeavesTheOneThatRunsAlone() {
    var session = running();
    session.tell(send("two"));
    client.expectMessageClass(TurnTaken.class);
    session.tell(send("three"));
    client.expectMessageClass(TurnTaken.class);
    session.tell(new Read(ACME, Cursor.after(5), 10, NEVER, client.ref()));

    session.tell(new SessionCommand.InterruptTurn(ACME, 2, client.ref()));

    assertThat(client.expectMessageClass(Batch.class).items())
        .extracting(item -> ((Stored) item).event())
        .singleElement()
        .isInstanceOfSatisfying(TurnEnded.class, end -> assertThat(end.turn()).isEqualTo(2));
    assertThat(client.expectMessageClass(SessionReply.Interrupted.class))
        .extracting(SessionReply.Interrupted::turn, SessionReply.Interrupted::was)
        .containsExactly(2L, Sessions.TurnWas.WAITING);
    session.tell(new Finished(1, Outcome.COMPLETED, Optional.empty(), Optional.empty()));
    assertThat(worker.expectMessageClass(WorkerCommand.Run.class).turn()).isEqualTo(3);
    assertThat(forms())
        .isEqualTo(
            "Created TurnAccepted TurnStarted TurnAccepted TurnAccepted TurnEnded TurnEnded"
                + " TurnStarted");
  }

  @Test
  void interruptsTheTurnThatRunsOnlyByItsOwnNumber() {
    var session = running();
    session.tell(new SessionCommand.InterruptTurn(ACME, 1, client.ref()));
    assertThat(client.expectMessageClass(SessionReply.Interrupted.class).was())
        .isEqualTo(Sessions.TurnWas.RUNNING);
    worker.expectMessage(new WorkerCommand.Interrupt(1));
    session.tell(new Finished(1, Outcome.INTERRUPTED, Optional.empty(), Optional.empty()));
    session.tell(send("two"));
    client.expectMessageClass(TurnTaken.class);
    worker.expectMessageClass(WorkerCommand.Run.class);

    session.tell(new SessionCommand.InterruptTurn(ACME, 1, client.ref()));

    assertThat(client.expectMessageClass(SessionReply.Interrupted.class).was())
        .isEqualTo(Sessions.TurnWas.ENDED);
    worker.expectNoMessage();
  }

  /** Its owner dies between the answer to an interrupt and the turn's end. */
  @Test
  void doesNotGoOnWithATurnThatWasInterruptedBeforeItsOwnerDied() {
    var session = running();
    session.tell(send("two"));
    client.expectMessageClass(TurnTaken.class);
    session.tell(new SessionCommand.InterruptTurn(ACME, 1, client.ref()));
    client.expectMessageClass(SessionReply.Interrupted.class);
    worker.expectMessage(new WorkerCommand.Interrupt(1));
    ACTORS.stop(session);

    var again = started(NEVER);
    worker.expectMessage(new WorkerCommand.Confirm(1));
    worker.expectMessage(new WorkerCommand.Interrupt(1));
    again.tell(new SessionCommand.Lost(1, "the node that ran it was lost"));

    assertThat(worker.expectMessageClass(WorkerCommand.Run.class).turn()).isEqualTo(2);
    assertThat(forms())
        .isEqualTo(
            "Created TurnAccepted TurnStarted TurnAccepted ModelNoted TurnEnded TurnStarted");
    assertThat(journal.persistedInStorage(stored).get(5))
        .isInstanceOfSatisfying(
            TurnEnded.class, end -> assertThat(end.outcome()).isEqualTo(Outcome.INTERRUPTED));
  }

  /** The log has it before the caller is answered, also when the first try was not stored. */
  @Test
  void storesAnInterruptBeforeItIsAnswered() {
    var session = running();
    journal.failNextPersisted(stored);
    session.tell(new SessionCommand.Interrupt(ACME, client.ref()));
    worker.expectMessage(new WorkerCommand.Interrupt(1));
    worker.expectMessage(new WorkerCommand.Confirm(1));
    client.expectNoMessage(Duration.ofMillis(50));

    session.tell(new SessionCommand.Interrupt(ACME, client.ref()));

    client.expectMessageClass(Shown.class);
    worker.expectMessage(new WorkerCommand.Interrupt(1));
    assertThat(forms()).isEqualTo("Created TurnAccepted TurnStarted ModelNoted");
  }

  @Test
  void isNotThereForAnotherTenant() {
    var session = running();
    var stranger = new TenantId("mallory");
    var refusal = new Refused(new Rejection(Rejection.Code.NOT_FOUND, "Session not found"));
    for (var request :
        List.<SessionCommand>of(
            new SessionCommand.Show(stranger, client.ref()),
            new Read(stranger, Cursor.START, 1, NEVER, client.ref()),
            new SessionCommand.Exec(stranger, "id", NEVER, client.ref()),
            new SessionCommand.ListFiles(stranger, client.ref()),
            new SessionCommand.ReadFile(stranger, "a", 0, 1, client.ref()),
            new SessionCommand.WriteFile(stranger, "a", 0, "", true, client.ref()),
            new SessionCommand.DeleteFile(stranger, "a", client.ref()),
            new SessionCommand.Flush(stranger, client.ref()),
            new SessionCommand.Logs(stranger, -1, client.ref()))) {
      session.tell(request);
      client.expectMessage(refusal);
    }
  }

  @Test
  void answersReadersWhosePatienceIsOver() {
    var session = running();

    session.tell(new Read(ACME, Cursor.after(3), 10, Duration.ofMillis(1), client.ref()));
    session.tell(new Read(ACME, Cursor.after(3), 10, Duration.ZERO, client.ref()));

    client.expectMessage(new Batch(List.of()));
  }

  @Test
  void crossesNodesUnchanged() {
    var none = TurnOptions.NONE;
    var to = client.ref();
    var played = Played.running();
    played.ask(Samples.send("two", Sessions.WhenBusy.QUEUE, Optional.of("k-1")));
    played.hear(spoke(1, 0, Samples.toolCall("t", "Bash")));
    var digest = Samples.digest("x");
    List.<Object>of(
            new Create(
                ACME,
                Samples.AGENT,
                Samples.SETTINGS,
                Map.of("A", "1"),
                Optional.of(Samples.ORIGIN),
                Optional.of(digest),
                Optional.of(digest),
                to),
            new Send(ACME, "\"x\"", Samples.OPTIONS, Sessions.WhenBusy.QUEUE, Optional.of("k"), to),
            new Send(ACME, "[]", none, Sessions.WhenBusy.REJECT, Optional.empty(), to),
            new SessionCommand.Interrupt(ACME, to),
            new SessionCommand.InterruptTurn(ACME, 7, to),
            new SessionCommand.Pause(ACME, to),
            new SessionCommand.Resume(ACME, to),
            new SessionCommand.Stop(ACME, to),
            new SessionCommand.End(ACME, to),
            new SessionCommand.Reconfigure(
                ACME,
                Samples.patch(Optional.of("m"), Optional.of(List.of("Bash"))),
                Optional.of(List.of("tag")),
                to),
            new SessionCommand.SwapWorkspace(ACME, Optional.empty(), digest, to),
            new SessionCommand.Show(ACME, to),
            new Read(ACME, Cursor.START, 5, Duration.ofSeconds(3), to),
            new SessionCommand.Exec(ACME, "ls", Duration.ofMillis(1500), to),
            new SessionCommand.ListFiles(ACME, to),
            new SessionCommand.ReadFile(ACME, "a/b", 7, 9, to),
            new SessionCommand.WriteFile(ACME, "a", 0, "AA==", true, to),
            new SessionCommand.DeleteFile(ACME, "a", to),
            new SessionCommand.Logs(ACME, -1, to),
            new SessionCommand.Flush(ACME, to),
            new Shown(SessionReply.View.of(played.state)),
            new TurnTaken(3, Cursor.after(9)),
            new SessionReply.Interrupted(
                SessionReply.View.of(played.state), 3, Sessions.TurnWas.WAITING),
            new Refused(new Rejection(Rejection.Code.GONE, "gone — really")),
            new Batch(
                List.of(
                    new Stored(1, played.journal.getFirst()),
                    new SessionReply.InLog(2),
                    new Delta(2, 3, 1, delta("x")))),
            new Behind(12),
            new SessionReply.Executed(1, "o", "e"),
            new SessionReply.Listed(List.of(new SessionReply.ListedFile("a", 1, 0644, NOW, false))),
            new SessionReply.Part("AA==", 1, true),
            new SessionReply.FileDone(),
            new SessionReply.Stale("tag"),
            new SessionReply.NotLive(Optional.of(digest), digest),
            new SessionReply.Logged(List.of(new Sessions.LogLine(0, "stderr", "t", NOW))))
        .forEach(message -> ACTORS.serializationTestKit().verifySerialization(message, true));
  }

  @Test
  void isStoredUnchanged() {
    var played = Played.running();
    played.ask(Samples.send("two", Sessions.WhenBusy.QUEUE, Optional.of("k-1")));
    played.hear(spoke(1, 0, Samples.toolCall("t", "Bash"), Samples.toolResult("u")));
    verify(played);
    played.hear(new SessionCommand.Lost(1, "gone"));
    played.ask(new SessionCommand.Interrupt(ACME, client.ref()));
    verify(played);
    played.hear(new SessionCommand.Saved(Samples.digest("x")));
    played.ask(new SessionCommand.Pause(ACME, client.ref()));
    verify(played);
    played.ask(
        new SessionCommand.Reconfigure(
            ACME,
            Samples.patch(Optional.of("m"), Optional.empty()),
            Optional.empty(),
            client.ref()));
    played.ask(new SessionCommand.Resume(ACME, client.ref()));
    played.ask(
        new Send(
            ACME,
            "[]",
            Samples.OPTIONS,
            Sessions.WhenBusy.QUEUE,
            Optional.of("k-2"),
            client.ref()));
    verify(played);
    played.ask(new SessionCommand.Stop(ACME, client.ref()));
    played.ask(new SessionCommand.End(ACME, client.ref()));
    verify(played);
    verify(new Played(Samples.rules(1, 1)));
    var fork = new Played(Samples.rules(1, 1));
    fork.ask(Samples.create(Optional.of(Samples.ORIGIN), Optional.empty()));
    verify(fork);
  }

  private static void verify(Played played) {
    var kit = ACTORS.serializationTestKit();
    kit.verifySerialization(played.state, true);
    played.journal.forEach(event -> kit.verifySerialization(event, true));
  }

  private ActorRef<SessionCommand> running() {
    var session = started(NEVER);
    session.tell(create());
    client.expectMessageClass(Shown.class);
    worker.expectMessageClass(WorkerCommand.Prepare.class);
    session.tell(send("one"));
    client.expectMessageClass(TurnTaken.class);
    worker.expectMessageClass(WorkerCommand.Run.class);
    return session;
  }

  /** Its worker has heard that an empty session recovered, if it is empty. */
  private ActorRef<SessionCommand> started(Duration passivateAfter) {
    var empty = journal.persistedInStorage(stored).isEmpty();
    var session =
        ACTORS.spawn(
            SessionEntity.create(
                id,
                shard.ref(),
                _ -> told(worker),
                (_, facts, status, _) -> {
                  rows.add(facts.sequence() + " " + status);
                  return rowWritten;
                },
                new ResumeCounters(),
                new SessionConfig(
                    7,
                    1000,
                    1 << 20,
                    Duration.ofSeconds(1),
                    3,
                    1 << 20,
                    2,
                    passivateAfter,
                    Duration.ofMillis(10),
                    Duration.ofMillis(20)),
                InstantSource.fixed(NOW),
                new RunningTurns(60),
                Parcels.none(),
                new NoMetrics()));
    if (empty) {
      worker.expectMessage(new WorkerCommand.Resend());
    }
    return session;
  }

  private static Behavior<WorkerCommand> told(TestProbe<WorkerCommand> probe) {
    return Behaviors.receiveMessage(
        message -> {
          probe.ref().tell(message);
          return Behaviors.same();
        });
  }

  private Create create() {
    return new Create(
        ACME,
        Samples.AGENT,
        Samples.SETTINGS,
        Map.of(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        client.ref());
  }

  private Send send(String text) {
    return new Send(
        ACME,
        "\"" + text + "\"",
        TurnOptions.NONE,
        Sessions.WhenBusy.QUEUE,
        Optional.empty(),
        client.ref());
  }

  private Read read(Cursor after) {
    return new Read(ACME, after, 100, Duration.ofSeconds(5), client.ref());
  }

  private static Finished finished() {
    return new Finished(1, Outcome.COMPLETED, Optional.empty(), Optional.empty());
  }

  private String forms() {
    return Played.names(
        journal.persistedInStorage(stored).stream().map(SessionEvent.class::cast).toList());
  }

  private void awaitForms(String expected) {
    client.awaitAssert(
        () -> {
          assertThat(forms()).isEqualTo(expected);
          return expected;
        });
  }
}
