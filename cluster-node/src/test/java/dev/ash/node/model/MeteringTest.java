package dev.ash.node.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.ash.config.BudgetConfig;
import dev.ash.persistence.table.Budget;
import dev.ash.persistence.table.ModelCall.State;
import dev.ash.persistence.table.ModelCall.Usage;
import dev.ash.protocol.http.IfMatch;
import dev.ash.protocol.id.SessionId;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What calls cost, and what they may cost. */
@Timeout(60)
final class MeteringTest {
  private static final SessionId SESSION = SessionId.of(new UUID(1, 2));
  private static final ObjectMapper JSON = new ObjectMapper();
  @RegisterExtension private static final TestActors ACTORS = new TestActors();

  @TempDir private Path folder;
  private ModelRig rig;

  @BeforeEach
  void start() throws IOException {
    rig = new ModelRig(folder, ACTORS.system(), SESSION);
    rig.listen(List.of(ModelConfigs.upstream("main", rig.model().url())), List.of());
  }

  @AfterEach
  void stop() throws IOException {
    rig.close();
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aCallIsInTheLedgerBeforeItsEndIsRead(boolean stream) throws Exception {
    rig.proxy().turn(SESSION, 3);
    var script =
        "[{\"text\":\"hello\",\"usage\":{\"input_tokens\":100,\"output_tokens\":7,"
            + "\"cache_creation_input_tokens\":20,\"cache_read_input_tokens\":1000,"
            + "\"cache_creation\":{\"ephemeral_1h_input_tokens\":8,"
            + "\"ephemeral_5m_input_tokens\":12}}}]";

    var answer = rig.call(script, stream);

    assertThat(answer.status()).isEqualTo(200);
    var call = rig.ledger().calls(SESSION).getFirst();
    assertThat(call.state()).isEqualTo(State.DONE);
    assertThat(call.usage()).isEqualTo(new Usage(100, 7, 20, 1000));
    // 100 of 1, 7 of 2, 12 of 1.25, 8 of 2, 1000 of 0.1 micro-dollars
    assertThat(call.nanos()).isEqualTo(245_000);
    assertThat(call.model()).isEqualTo("m");
    assertThat(call.upstream()).isEqualTo("main");
    assertThat(call.status()).isEqualTo(200);
    assertThat(answer.headers()).contains("request-id: " + call.requestIds().server());
    assertThat(call.requestIds().gateway()).isEmpty();
    assertThat(call.party().turn()).isEqualTo(3);
    assertThat(call.party().team()).isEqualTo("red");
  }

  @Test
  void whatTheModelCountedIsWhatTheLedgerHas() throws Exception {
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var calls = new ArrayList<Callable<Integer>>();
      for (var i = 0; i < 60; i++) {
        var text = "x".repeat(i * 7);
        var stream = i % 2 == 0;
        calls.add(() -> rig.call("[\"" + text + "\"]", stream).status());
      }
      for (var status : threads.invokeAll(calls)) {
        assertThat(status.get()).isEqualTo(200);
      }
    }
    var all = rig.ledger().calls(SESSION);
    assertThat(all).hasSize(60).allMatch(call -> call.state() == State.DONE);
    assertThat(all.stream().mapToLong(c -> c.usage().input()).sum())
        .isEqualTo(rig.model().tokens("m").input());
    assertThat(all.stream().mapToLong(c -> c.usage().output()).sum())
        .isEqualTo(rig.model().tokens("m").output());
  }

  @Test
  void aCallThatIsCutIsRecordedWithWhatHadCome() throws Exception {
    try (var client = new RawClient(rig.socket())) {
      client.send(
          RawClient.post(
              "/v1/messages",
              ModelRig.ask(
                  "[{\"text\":\"x\",\"hang\":\"ping\",\"usage\":{\"input_tokens\":55}}]", true)));
      await()
          .until(
              () ->
                  rig.ledger().calls(SESSION).stream()
                      .anyMatch(call -> call.usage().input() == 55));
      assertThat(rig.ledger().calls(SESSION).getFirst().state()).isEqualTo(State.OPEN);
    }
    await().until(() -> rig.ledger().calls(SESSION).getFirst().state() == State.CUT);
    assertThat(rig.ledger().calls(SESSION).getFirst().usage().input()).isEqualTo(55);
  }

  @Test
  void whoLeavesBeforeTheFiguresComeIsChargedForWhatWasWritten() throws Exception {
    var script = "[{\"text\":\"%s\",\"hang\":\"ping\"}]".formatted("word ".repeat(32));
    try (var client = new RawClient(rig.socket())) {
      client.send(RawClient.post("/v1/messages", ModelRig.ask(script, true)));
      var line = client.line();
      while (line != null && !line.contains("content_block_stop")) {
        line = client.line();
      }
      assertThat(line).isNotNull();
    }
    await().until(() -> rig.ledger().calls(SESSION).getFirst().state() == State.CUT);
    var call = rig.ledger().calls(SESSION).getFirst();
    // 160 characters.
    assertThat(call.usage().output()).isBetween(30L, 55L);
    assertThat(call.nanos()).isGreaterThan(60_000);
  }

  @Test
  void whoLeavesBeforeAnythingComesIsChargedForTheRequest() throws Exception {
    var text = "word ".repeat(800);
    try (var client = new RawClient(rig.socket())) {
      client.send(
          RawClient.post(
              "/v1/messages",
              ModelRig.ask("[{\"slowMs\":60000,\"text\":\"" + text + "\"}]", true)));
      await().until(() -> rig.model().requests() == 1);
    }
    await().until(() -> rig.ledger().calls(SESSION).getFirst().state() == State.CUT);
    assertThat(rig.ledger().calls(SESSION).getFirst().usage().input()).isBetween(1000L, 2000L);
  }

  @Test
  void aCallThatFailsCostsNothingAndIsRecorded() throws Exception {
    rig.proxy().turn(SESSION, 1);

    var answer =
        rig.call("[{\"error\":{\"status\":429,\"headers\":{\"retry-after\":\"7\"}}}]", true);

    assertThat(answer.status()).isEqualTo(429);
    assertThat(answer.headers()).contains("retry-after: 7");
    await().until(() -> rig.ledger().calls(SESSION).getFirst().state() == State.FAILED);
    assertThat(rig.ledger().calls(SESSION).getFirst().usage()).isEqualTo(Usage.NONE);
    assertThat(rig.notices().getFirst().kind()).isEqualTo("rate_limited");
    assertThat(JSON.readTree(rig.notices().getFirst().json()).path("retryAfterSeconds").asInt())
        .isEqualTo(7);
  }

  @Test
  void countingTokensAndListingModelsIsFree() throws Exception {
    assertThat(
            RawClient.call(
                    rig.socket(),
                    RawClient.post("/v1/messages/count_tokens", ModelRig.ask("[\"x\"]", false)))
                .status())
        .isEqualTo(200);
    assertThat(RawClient.call(rig.socket(), RawClient.get("/v1/models")).status()).isEqualTo(200);

    assertThat(rig.ledger().calls(SESSION)).isEmpty();
  }

  @Test
  void aReachedBudgetStopsTheCallBeforeItIsMadeAndARaisedOneLetsItPass() throws Exception {
    rig.listen(
        List.of(ModelConfigs.upstream("main", rig.model().url())),
        List.of(budget(BudgetConfig.Window.TOTAL, 50)));
    rig.proxy().turn(SESSION, 1);
    var script = "[{\"text\":\"x\",\"usage\":{\"input_tokens\":45,\"output_tokens\":5}}]";
    assertThat(rig.call(script, true).status()).isEqualTo(200);

    var refused = rig.call(script, true);
    rig.call(script, true);

    assertThat(refused.status()).isEqualTo(402);
    assertThat(refused.headers()).contains("x-should-retry: false");
    assertThat(JSON.readTree(refused.body()).at("/error/type").asText()).isEqualTo("billing_error");
    assertThat(refused.body()).contains("50 tokens of 50 tokens spent");
    assertThat(rig.model().requests()).isEqualTo(1);
    assertThat(rig.notices()).hasSize(1);
    assertThat(rig.notices().getFirst().kind()).isEqualTo("budget_exceeded");
    var told = JSON.readTree(rig.notices().getFirst().json());
    assertThat(told.path("limitTokens").asLong()).isEqualTo(50);
    assertThat(told.path("spentTokens").asLong()).isEqualTo(50);

    rig.ledger()
        .spending()
        .set(
            TestLedger.TENANT,
            new Budget(
                Budget.Owner.OPERATOR,
                Budget.Scope.SESSION,
                "",
                Budget.Window.TOTAL,
                OptionalLong.of(200),
                OptionalLong.empty()),
            new IfMatch.Any())
        .toCompletableFuture()
        .join();
    assertThat(rig.call(script, true).status()).isEqualTo(200);
  }

  @Test
  void aTurnsBudgetBeginsAnewWithTheNextTurn() throws Exception {
    rig.listen(
        List.of(ModelConfigs.upstream("main", rig.model().url())),
        List.of(budget(BudgetConfig.Window.TURN, 10)));
    var script = "[{\"text\":\"x\",\"usage\":{\"input_tokens\":45,\"output_tokens\":5}}]";
    rig.proxy().turn(SESSION, 1);
    assertThat(rig.call(script, false).status()).isEqualTo(200);
    assertThat(rig.call(script, false).status()).isEqualTo(402);

    rig.proxy().turn(SESSION, 2);

    assertThat(rig.call(script, false).status()).isEqualTo(200);
  }

  @Test
  void aCallWaitsForWhatOthersHaveReserved() throws Exception {
    rig.listen(
        List.of(ModelConfigs.upstream("main", rig.model().url())),
        List.of(budget(BudgetConfig.Window.TOTAL, 60)));
    var slow =
        "[{\"text\":\"x\",\"gate\":\"g\",\"usage\":{\"input_tokens\":4,\"output_tokens\":5}}]";
    try (var client = new RawClient(rig.socket());
        var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      client.send(RawClient.post("/v1/messages", ModelRig.ask(slow, true)));
      await().until(() -> rig.model().open() == 1);
      var second = threads.submit(() -> rig.call("[\"y\"]", false).status());
      await().during(Duration.ofMillis(600)).until(() -> rig.model().requests() == 1);

      rig.model().release("g", 1);

      assertThat(second.get()).isEqualTo(200);
    }
  }

  @Test
  void twoModelsInOneBodyAreRefused() throws Exception {
    var body = "{\"model\":\"cheap\",\"messages\":[],\"mode\\u006c\":\"dear\"}";

    var answer = RawClient.call(rig.socket(), RawClient.post("/v1/messages", body));

    assertThat(answer.status()).isEqualTo(400);
    assertThat(rig.model().requests()).isZero();
  }

  private static BudgetConfig budget(BudgetConfig.Window window, long tokens) {
    return new BudgetConfig(
        BudgetConfig.Scope.SESSION, "", window, OptionalLong.of(tokens), Optional.empty());
  }
}
