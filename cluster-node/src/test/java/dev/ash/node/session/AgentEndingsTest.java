package dev.ash.node.session;

import static dev.ash.node.session.Samples.ACME;
import static dev.ash.node.session.Samples.NOW;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ash.config.DatabaseConfig;
import dev.ash.node.session.Sessions.Result;
import dev.ash.node.session.Sessions.Session;
import dev.ash.persistence.Migrations;
import dev.ash.persistence.PooledDatabase;
import dev.ash.persistence.table.SessionRow;
import dev.ash.persistence.table.SessionTable;
import dev.ash.protocol.id.AgentName;
import dev.ash.protocol.id.SessionId;
import dev.ash.protocol.id.TenantId;
import dev.ash.protocol.session.Rejection;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class AgentEndingsTest {
  private static final AgentName HELPER = new AgentName("helper");

  @TempDir private Path folder = Path.of("");
  private PooledDatabase database;
  private SessionTable table;
  private final Map<SessionId, Rejection.Code> refusals = new HashMap<>();
  private final ConcurrentLinkedQueue<SessionId> asked = new ConcurrentLinkedQueue<>();
  private final AtomicInteger atOnce = new AtomicInteger();
  private final AtomicInteger mostAtOnce = new AtomicInteger();
  private Runnable afterFirst = () -> {};

  @BeforeEach
  void open() {
    var config = new DatabaseConfig.Sqlite(folder.resolve("ash.db"));
    Migrations.run(config, InstantSource.system());
    database = PooledDatabase.alone(config);
    table = new SessionTable(database);
  }

  @AfterEach
  void close() {
    database.close();
  }

  private static SessionId id(int n) {
    return SessionId.of(new UUID(3, n));
  }

  private void stored(int n, String status) {
    table.upsert(
        List.of(
            new SessionRow(
                id(n),
                ACME,
                HELPER,
                status,
                Optional.empty(),
                "{}",
                Optional.of("{}"),
                NOW,
                NOW,
                1)));
  }

  private CompletionStage<Result<Session>> end(TenantId tenant, SessionId id) {
    mostAtOnce.accumulateAndGet(atOnce.incrementAndGet(), Math::max);
    asked.add(id);
    return CompletableFuture.supplyAsync(
        () -> {
          var row = table.find(tenant, id).orElseThrow();
          if (asked.stream().findFirst().filter(id::equals).isPresent()) {
            afterFirst.run();
          }
          atOnce.decrementAndGet();
          return Optional.ofNullable(refusals.get(id))
              .<Result<Session>>map(code -> new Result.Refused<>(new Rejection(code, "no")))
              .orElseGet(() -> new Result.Ok<>(StoredDirectory.session(row)));
        });
  }

  private Result<Integer> endAll() throws Exception {
    asked.clear();
    return new AgentEndings(table, this::end, ForkJoinPool.commonPool())
        .endAll(ACME, HELPER)
        .toCompletableFuture()
        .get(30, TimeUnit.SECONDS);
  }

  @Test
  void endsAFewAtATimeAndNotWhatHasEnded() throws Exception {
    IntStream.range(0, 100).forEach(n -> stored(n, n % 2 == 0 ? "active" : "ended"));

    assertThat(endAll()).isEqualTo(new Result.Ok<>(100));

    assertThat(asked).hasSize(50).doesNotHaveDuplicates();
    assertThat(asked)
        .allMatch(id -> UUID.fromString(id.value()).getLeastSignificantBits() % 2 == 0);
    assertThat(mostAtOnce.get()).isLessThanOrEqualTo(32);
    assertThat(table.count(SessionTable.Filter.all(ACME))).isZero();
    assertThat(endAll()).isEqualTo(new Result.Ok<>(0));
  }

  @Test
  void whatCouldNotBeEndedStaysAndIsEndedByARepetition() throws Exception {
    IntStream.range(0, 40).forEach(n -> stored(n, "active"));
    refusals.put(id(3), Rejection.Code.UNAVAILABLE);
    refusals.put(id(5), Rejection.Code.NOT_FOUND);

    assertThat(endAll())
        .isEqualTo(
            new Result.Refused<>(
                new Rejection(
                    Rejection.Code.UNAVAILABLE,
                    "Not all sessions of the agent could be ended; repeat the request")));
    assertThat(table.open(ACME, HELPER)).containsExactly(id(3));
    assertThat(table.find(id(3)).map(SessionRow::status)).contains("active");

    refusals.clear();
    assertThat(endAll()).isEqualTo(new Result.Ok<>(1));
    assertThat(asked).containsExactly(id(3));
  }

  @Test
  void whereNobodyAnswersTheOthersAreNotAsked() throws Exception {
    IntStream.range(0, 200).forEach(n -> stored(n, "active"));
    IntStream.range(0, 200).forEach(n -> refusals.put(id(n), Rejection.Code.UNAVAILABLE));

    assertThat(endAll()).isInstanceOf(Result.Refused.class);

    assertThat(asked).hasSize(32);
    assertThat(table.open(ACME, HELPER)).hasSize(200);
  }

  @Test
  void aSessionThatWasBeingCreatedIsEndedToo() throws Exception {
    stored(1, "active");
    afterFirst = () -> stored(2, "active");

    assertThat(endAll()).isEqualTo(new Result.Ok<>(2));

    assertThat(asked).containsExactly(id(1), id(2));
  }
}
