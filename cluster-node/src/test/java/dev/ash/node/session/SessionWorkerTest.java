package dev.ash.node.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.ash.config.NodeConfig;
import dev.ash.node.driver.MockDriver;
import dev.ash.node.egress.EgressProxy;
import dev.ash.node.model.Account;
import dev.ash.node.model.ModelProxy;
import dev.ash.node.sandbox.Places;
import dev.ash.node.session.SessionCommand.Finished;
import dev.ash.node.session.SessionCommand.Lost;
import dev.ash.node.session.SessionCommand.Saved;
import dev.ash.node.session.SessionCommand.Spoke;
import dev.ash.node.session.SessionCommand.WorkerBorn;
import dev.ash.node.session.SessionCommand.WorkerLive;
import dev.ash.node.session.WorkerCommand.Setup;
import dev.ash.node.telemetry.NoMetrics;
import dev.ash.node.workspace.Workspaces;
import dev.ash.protocol.id.AgentName;
import dev.ash.protocol.id.Digest;
import dev.ash.protocol.id.SessionId;
import dev.ash.protocol.id.TenantId;
import dev.ash.protocol.session.SessionEvent.AgentFolder;
import dev.ash.protocol.session.SessionEvent.Outcome;
import dev.ash.protocol.session.SessionSettings;
import dev.ash.protocol.session.TurnOptions;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.LoggingTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class SessionWorkerTest {
  private static final SessionId ID = SessionId.of(new UUID(0x4000L, 0x8000000000000001L));
  private static final String OLD = "{\"type\":\"assistant\",\"said\":\"old\"}";
  private static final String NEW = "{\"type\":\"assistant\",\"said\":\"new\"}";
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static ActorTestKit actors;

  private final FakeProcess fake = new FakeProcess();
  private final Places places = new Places(1, () -> Instant.EPOCH);
  private ExecutorService threads;
  private TestProbe<SessionCommand> entity;
  private ActorRef<WorkerCommand> worker;

  @BeforeAll
  static void startActors() {
    actors = ActorTestKit.create(NodeConfig.load(Map.of("pekko.actor.provider", "local")));
  }

  @AfterAll
  static void stopActors() {
    actors.shutdownTestKit();
  }

  private static final ModelProxy NO_MODEL =
      new ModelProxy() {
        @Override
        public AutoCloseable listen(Account account, Path socket) {
          return () -> {};
        }

        @Override
        public CompletionStage<Map<String, String>> given(SessionId session) {
          return CompletableFuture.completedStage(Map.of());
        }

        @Override
        public void turn(SessionId session, long number) {}
      };

  @BeforeEach
  void spawn() {
    threads = Executors.newVirtualThreadPerTaskExecutor();
    entity = actors.createTestProbe();
    var transcripts = new FakeProcess.Forgetful();
    var driver = new MockDriver();
    var config = NodeConfig.from(NodeConfig.load(Map.of())).sandbox();
    var starter =
        new ProcessStarter(
            fake,
            fake,
            fake,
            NO_MODEL,
            EgressProxy.none(),
            transcripts,
            driver,
            (_, _) -> new ProcessStarter.Environment(Map.of(), List.of()),
            config,
            () -> 1L,
            new NoMetrics());
    worker =
        actors.spawn(
            SessionWorker.create(
                ID,
                entity.getRef(),
                new SessionWorker.Tools(
                    starter,
                    places,
                    Parcels.none(),
                    fake,
                    transcripts,
                    driver,
                    NO_MODEL,
                    config,
                    () -> Instant.EPOCH,
                    threads,
                    new NoMetrics())));
    entity.expectMessageClass(WorkerBorn.class);
  }

  @AfterEach
  void end() {
    actors.stop(worker);
    threads.shutdownNow();
  }

  private static Setup setup(Optional<Digest> workspace) {
    return new Setup(
        new TenantId("t"),
        new AgentFolder(new AgentName("a"), 1, digest("agent")),
        SessionSettings.NONE,
        workspace,
        Optional.empty(),
        false);
  }

  private static Digest digest(String text) {
    return Digest.of(text.getBytes(StandardCharsets.UTF_8));
  }

  private void run(long turn) {
    worker.tell(
        new WorkerCommand.Run(setup(Optional.empty()), turn, "\"hi\"", TurnOptions.NONE, false));
  }

  private void runUntilTold(long turn) {
    var before = fake.told.size();
    run(turn);
    entity.expectMessage(new WorkerLive(true));
    await().until(() -> fake.told.size() > before);
  }

  @Test
  void whatAnAbandonedTurnStillSaysIsNotHeardInTheNext() throws InterruptedException {
    runUntilTold(1);
    fake.save = new CountDownLatch(1);
    worker.tell(new WorkerCommand.Abandon(1));
    worker.tell(new WorkerCommand.Release());
    run(2);
    fake.say(OLD);
    fake.save.countDown();
    entity.expectMessageClass(Saved.class);
    entity.expectMessage(new WorkerLive(false));
    entity.expectMessage(new WorkerLive(true));
    await().until(() -> fake.told.size() == 2);

    fake.say(NEW);

    assertThat(entity.expectMessageClass(Spoke.class).lines())
        .extracting(SessionCommand.Line::raw)
        .containsExactly(NEW);
  }

  @Test
  void processThatNobodyWantsAnyMoreWhenItIsReadyIsReleased() {
    fake.start = new CountDownLatch(1);
    worker.tell(new WorkerCommand.Prepare(setup(Optional.empty())));
    worker.tell(new WorkerCommand.Release());
    fake.start.countDown();

    await().until(() -> !fake.running() && places.count(Places.State.STARTING) == 0);
    run(1);
    entity.expectMessage(new WorkerLive(true));
  }

  @Test
  void workThatComesAfterAWithdrawalHasAProcessOfItsOwn() {
    fake.start = new CountDownLatch(1);
    worker.tell(new WorkerCommand.Prepare(setup(Optional.empty())));
    worker.tell(new WorkerCommand.Release());
    run(1);
    fake.start.countDown();

    entity.expectMessage(new WorkerLive(true));
    await().until(() -> fake.told.size() == 1);
    assertThat(fake.running()).isTrue();
  }

  @Test
  void filesThatWereChangedWithoutAProcessAreThoseOfTheNext() {
    runUntilTold(1);
    worker.tell(new WorkerCommand.Abandon(1));
    worker.tell(new WorkerCommand.Release());
    entity.expectMessageClass(Saved.class);
    entity.expectMessage(new WorkerLive(false));

    worker.tell(new WorkerCommand.FilesChanged(digest("uploaded")));
    runUntilTold(2);

    assertThat(fake.restored).containsExactly(digest("agent"), digest("uploaded"));
  }

  @Test
  void sandboxWhoseBridgeDoesNotObeyAnInterruptIsEnded() {
    runUntilTold(1);
    fake.obedient = false;
    worker.tell(new WorkerCommand.Interrupt(1));

    worker.tell(new WorkerSignal.InterruptTick(1));

    entity.expectMessage(new WorkerLive(false));
    assertThat(entity.expectMessageClass(Finished.class).outcome()).isEqualTo(Outcome.INTERRUPTED);
    assertThat(fake.running()).isFalse();
  }

  @Test
  void turnThatWasLostIsNotToldAgainToTheProcessOfACommand() throws InterruptedException {
    runUntilTold(1);
    fake.say(NEW);
    entity.expectMessageClass(Spoke.class);
    fake.boxes.getLast().close();
    entity.expectMessage(new WorkerLive(false));
    var caller = actors.<SessionReply>createTestProbe();

    worker.tell(
        new WorkerCommand.Serve(
            setup(Optional.empty()),
            new SessionCommand.Exec(
                new TenantId("t"), "true", Duration.ofSeconds(5), caller.getRef())));
    entity.expectMessage(new WorkerLive(true));
    caller.expectMessageClass(SessionReply.Executed.class);
    worker.tell(new WorkerCommand.Acknowledge());

    assertThat(entity.expectMessageClass(Lost.class).turn()).isEqualTo(1);
    assertThat(fake.told).hasSize(1);
  }

  @Test
  void turnThatWasInterruptedBetweenTwoProcessesDoesNotGoOn() {
    worker.tell(new WorkerCommand.Interrupt(2));
    run(1);
    entity.expectMessage(new WorkerLive(true));
    await().until(() -> fake.told.size() == 1);
    worker.tell(new WorkerCommand.Abandon(1));
    run(2);

    assertThat(entity.expectMessageClass(Finished.class).outcome()).isEqualTo(Outcome.INTERRUPTED);
    assertThat(fake.told).hasSize(1);
  }

  @Test
  void filesThatCannotBeSavedForAMomentAreSavedBeforeTheSandboxGoes() {
    idleAfterATurn();
    fake.saveFailures.add(new IOException("reading a failed: did not answer in time"));
    fake.saveFailures.add(new IOException("the store is away"));

    worker.tell(new WorkerCommand.Release());

    entity.expectMessageClass(Saved.class, PATIENCE);
    entity.expectMessage(PATIENCE, new WorkerLive(false));
    assertThat(fake.saves).hasValue(3);
    assertThat(fake.running()).isFalse();
  }

  @Test
  void filesThatCannotBeSavedBeforeTheSandboxGoesAreToldToTheOperator() {
    idleAfterATurn();
    for (var n = 0; n < 3; n++) {
      fake.saveFailures.add(new IOException("reading a failed: did not answer in time"));
    }

    LoggingTestKit.error(ID + ": its sandbox ends")
        .withMessageContains("reading a failed: did not answer in time")
        .expect(
            actors.system(),
            () -> {
              worker.tell(new WorkerCommand.Release());
              return entity.expectMessage(PATIENCE, new WorkerLive(false));
            });

    assertThat(fake.saves).hasValue(3);
    assertThat(fake.running()).isFalse();
  }

  @Test
  void filesThatAreTooLargeAreNotTriedAgain() {
    idleAfterATurn();
    fake.saveFailures.add(new Workspaces.TooLargeException("too large"));

    worker.tell(new WorkerCommand.Release());

    entity.expectMessage(new WorkerLive(false));
    assertThat(fake.saves).hasValue(1);
  }

  @Test
  void sandboxIsNeitherFrozenNorReleasedWhileItsFilesAreSaved() {
    idleAfterATurn();
    fake.save = new CountDownLatch(1);
    worker.tell(new WorkerCommand.Save());
    worker.tell(new WorkerSignal.FreezeTick());
    worker.tell(new WorkerSignal.IdleTick());
    awaitHeard();
    assertThat(fake.boxes.getLast().frozen).isFalse();

    fake.save.countDown();
    entity.expectMessageClass(Saved.class);

    worker.tell(new WorkerSignal.FreezeTick());
    awaitHeard();
    assertThat(fake.boxes.getLast().frozen).isTrue();
    assertThat(fake.running()).isTrue();
    worker.tell(new WorkerSignal.IdleTick());
    entity.expectMessage(new WorkerLive(false));
  }

  @Test
  void sandboxThatHasToGiveWayGoesWhenItsFilesAreSaved() {
    idleAfterATurn();
    fake.save = new CountDownLatch(1);
    worker.tell(new WorkerCommand.Save());
    worker.tell(new WorkerSignal.Evict());
    awaitHeard();
    assertThat(fake.running()).isTrue();

    fake.save.countDown();

    entity.expectMessageClass(Saved.class);
    entity.expectMessageClass(Saved.class);
    entity.expectMessage(new WorkerLive(false));
  }

  @Test
  void anErrorWhileASandboxIsMadeCostsNoPlace() {
    fake.startError = Optional.of(new InternalError("no thread to spare"));
    run(1);
    assertThat(entity.expectMessageClass(Finished.class).error().orElseThrow())
        .contains("no thread to spare");

    fake.startError = Optional.empty();
    runUntilTold(2);
  }

  @Test
  void anErrorWhileItsBridgeIsConnectedEndsTheSandbox() {
    fake.connectError = Optional.of(new InternalError("no thread to spare"));
    run(1);
    entity.expectMessageClass(Finished.class);
    assertThat(fake.boxes).hasSize(1);
    assertThat(fake.running()).isFalse();

    fake.connectError = Optional.empty();
    runUntilTold(2);
  }

  @Test
  void agentThatIsHeldBackIsLetGoWhenTheWorkerEnds() throws InterruptedException {
    runUntilTold(1);
    var much = "{\"type\":\"assistant\",\"said\":\"" + "x".repeat(1 << 20) + "\"}";
    var reader =
        Thread.ofVirtual()
            .start(
                () -> {
                  try {
                    for (var n = 0; n < 40; n++) {
                      fake.say(much);
                    }
                  } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                  }
                });
    await().until(() -> reader.getState() == Thread.State.WAITING);

    actors.stop(worker);

    assertThat(reader.join(PATIENCE)).isTrue();
  }

  private void idleAfterATurn() {
    runUntilTold(1);
    worker.tell(new WorkerCommand.Abandon(1));
  }

  /** Until the worker has taken all that it was told. */
  private void awaitHeard() {
    var caller = actors.<SessionReply>createTestProbe();
    worker.tell(
        new WorkerCommand.Serve(
            setup(Optional.empty()),
            new SessionCommand.Logs(new TenantId("t"), 0, caller.getRef())));
    caller.expectMessageClass(SessionReply.Logged.class);
  }
}
