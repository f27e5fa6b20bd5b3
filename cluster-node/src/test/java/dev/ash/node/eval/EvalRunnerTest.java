package dev.ash.node.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.ash.config.EvalConfig;
import dev.ash.node.session.JournalRows;
import dev.ash.node.session.Sessions;
import dev.ash.node.session.Sessions.Accepted;
import dev.ash.node.session.Sessions.Frame;
import dev.ash.node.session.Sessions.MessageRow;
import dev.ash.node.session.Sessions.NewSession;
import dev.ash.node.session.Sessions.Result;
import dev.ash.node.session.Sessions.Session;
import dev.ash.persistence.table.EvalRunTable;
import dev.ash.persistence.table.EvalRunTable.ResultRow;
import dev.ash.persistence.table.EvalRunTable.RunRow;
import dev.ash.persistence.table.EvalWork;
import dev.ash.protocol.id.AgentName;
import dev.ash.protocol.id.SessionId;
import dev.ash.protocol.id.TenantId;
import dev.ash.protocol.json.Json;
import dev.ash.protocol.session.Cursor;
import dev.ash.protocol.session.SessionSettings;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.apache.pekko.stream.Materializer;
import org.apache.pekko.stream.javadsl.Source;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Cases in a real database, asked of sessions that say what a test wants. */
final class EvalRunnerTest {
  private static final Instant NOW = Instant.parse("2026-11-22T10:00:00.123Z");
  private static final TenantId ACME = new TenantId("acme");
  private static final TenantId OTHER = new TenantId("other");
  private static final AgentName HELPER = new AgentName("helper");

  @TempDir private Path folder = Path.of("");
  private JournalRows rows;
  private EvalRunTable runs;
  private volatile Supplier<String> answer = () -> "fine";
  private final List<TenantId> asked = new CopyOnWriteArrayList<>();
  private final List<Integer> limits = new CopyOnWriteArrayList<>();

  @BeforeEach
  void open() {
    rows = new JournalRows(folder);
    runs = new EvalRunTable(rows.database());
  }

  @AfterEach
  void close() {
    rows.close();
  }

  private EvalRunner runner() {
    return new EvalRunner(
        new EvalWork(rows.database()),
        runs,
        sessions(),
        Materializer.matFromSystem(rows.system()),
        new EvalConfig(1, Duration.ofMillis(20), Duration.ofSeconds(5), 2),
        1,
        "node",
        InstantSource.system());
  }

  /** Of the port only what evals ask of it. */
  private Sessions sessions() {
    return (Sessions)
        Proxy.newProxyInstance(
            Sessions.class.getClassLoader(),
            new Class<?>[] {Sessions.class},
            (_, method, values) ->
                CompletableFuture.completedFuture(
                    new Result.Ok<>(
                        switch (method.getName()) {
                          case "create" -> session((TenantId) values[0], (NewSession) values[1]);
                          case "send" -> accepted((TenantId) values[0]);
                          case "follow" -> Source.from(frames(answer.get()));
                          case "messages" -> first((int) values[3]);
                          case "newestMessage" -> Optional.of(message(9, NOW.plusSeconds(3)));
                          case "end" -> session("ended", new UUID(0, 0));
                          default -> throw new IllegalStateException(method.getName());
                        })));
  }

  private static Session session(TenantId tenant, NewSession request) {
    var key = tenant + request.idempotencyKey().orElseThrow();
    return session("active", UUID.nameUUIDFromBytes(key.getBytes(StandardCharsets.UTF_8)));
  }

  private static Session session(String status, UUID id) {
    return new Session(
        SessionId.of(id),
        ACME,
        HELPER,
        id.toString(),
        status,
        NOW,
        NOW,
        Optional.empty(),
        Optional.empty(),
        SessionSettings.NONE,
        Optional.empty());
  }

  private Accepted accepted(TenantId tenant) {
    asked.add(tenant);
    return new Accepted(1, Cursor.START);
  }

  private static List<Frame> frames(String answer) {
    return List.of(
        new Frame(Cursor.START, "turn_complete", Json.write(Map.of("result", answer))),
        new Frame(Cursor.START, "done", "{}"));
  }

  private List<MessageRow> first(int limit) {
    limits.add(limit);
    return List.of(message(1, NOW));
  }

  private static MessageRow message(long sequence, Instant at) {
    return new MessageRow("m" + sequence, "user", "{}", sequence, at);
  }

  private void start(TenantId tenant, String id, int cases) {
    runs.start(
        new RunRow(
            id,
            tenant,
            HELPER,
            OptionalInt.empty(),
            Optional.empty(),
            "{}",
            "pending",
            cases,
            0,
            Optional.empty(),
            NOW,
            Optional.empty(),
            Optional.empty()),
        IntStream.range(0, cases).mapToObj(n -> pending(tenant, id, n)).toList());
  }

  private static ResultRow pending(TenantId tenant, String run, int position) {
    return new ResultRow(
        run + "-" + position,
        tenant,
        run,
        "case" + position,
        position,
        "{\"question\":\"q\"}",
        Optional.empty(),
        OptionalDouble.empty(),
        OptionalDouble.empty(),
        OptionalLong.empty(),
        "pending",
        Optional.empty(),
        OptionalInt.empty(),
        Optional.empty(),
        NOW,
        Optional.empty());
  }

  private void awaitEnd(TenantId tenant, String run) {
    await()
        .atMost(Duration.ofSeconds(30))
        .until(
            () ->
                runs.find(tenant, HELPER, run).orElseThrow().status().matches("completed|failed"));
  }

  @Test
  void anAnswerWithANulIsStoredWithoutIt() {
    answer = () -> "a\0b";
    start(ACME, "r", 1);
    try (var _ = runner()) {
      awaitEnd(ACME, "r");
    }

    var result = runs.results(ACME, "r").getFirst();
    assertThat(result.response()).contains("ab");
    assertThat(result.status()).isEqualTo("completed");
    assertThat(asked).hasSize(1);
  }

  @Test
  void theTimeOfACaseIsReadFromTheFirstAndTheLastMessageOnly() {
    start(ACME, "r", 1);
    try (var _ = runner()) {
      awaitEnd(ACME, "r");
    }

    assertThat(runs.results(ACME, "r").getFirst().latencyMs()).hasValue(3000);
    assertThat(limits).containsExactly(1);
  }

  @Test
  void aCaseThatFailsForAReasonOfItsOwnIsGivenUp() {
    answer =
        () -> {
          throw new IllegalArgumentException("broken");
        };
    start(ACME, "r", 1);
    try (var _ = runner()) {
      awaitEnd(ACME, "r");
    }

    var result = runs.results(ACME, "r").getFirst();
    assertThat(result.status()).isEqualTo("error");
    assertThat(result.error())
        .contains("The case could not be run or its answer not stored; the node's log says why");
    assertThat(asked).hasSize(2);
  }

  @Test
  void aTenantWithManyCasesKeepsNoOtherWaiting() {
    start(ACME, "many", 6);
    start(OTHER, "one", 1);
    try (var _ = runner()) {
      awaitEnd(OTHER, "one");
      awaitEnd(ACME, "many");
    }

    assertThat(asked).hasSize(7);
    assertThat(asked.subList(0, 2)).containsExactly(ACME, OTHER);
  }
}
