package dev.ash.node.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.sun.net.httpserver.HttpServer;
import dev.ash.config.BudgetConfig;
import dev.ash.config.CredentialConfig;
import dev.ash.config.ProviderConfig;
import dev.ash.config.Secret;
import dev.ash.config.UpstreamConfig;
import dev.ash.node.credentials.SessionCredentials.Choice;
import dev.ash.persistence.table.Budget;
import dev.ash.persistence.table.ModelCall;
import dev.ash.persistence.table.ModelCall.State;
import dev.ash.persistence.table.ModelCall.Usage;
import dev.ash.protocol.http.IfMatch;
import dev.ash.protocol.id.SessionId;
import dev.ash.scriptedmodel.ScriptedModel;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What calls cost, what they may cost, and to which server they go. */
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
    listen(List.of(upstream("main", rig.model().url())), List.of());
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

    var answer = call(script, stream);

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
        calls.add(() -> call("[\"" + text + "\"]", stream).status());
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
              ask("[{\"text\":\"x\",\"hang\":\"ping\",\"usage\":{\"input_tokens\":55}}]", true)));
      await().until(() -> rig.ledger().calls(SESSION).getFirst().usage().input() == 55);
      assertThat(rig.ledger().calls(SESSION).getFirst().state()).isEqualTo(State.OPEN);
    }
    await().until(() -> rig.ledger().calls(SESSION).getFirst().state() == State.CUT);
    assertThat(rig.ledger().calls(SESSION).getFirst().usage().input()).isEqualTo(55);
  }

  @Test
  void aCallThatFailsCostsNothingAndIsRecorded() throws Exception {
    rig.proxy().turn(SESSION, 1);

    var answer = call("[{\"error\":{\"status\":429,\"headers\":{\"retry-after\":\"7\"}}}]", true);

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
                    RawClient.post("/v1/messages/count_tokens", ask("[\"x\"]", false)))
                .status())
        .isEqualTo(200);
    assertThat(RawClient.call(rig.socket(), RawClient.get("/v1/models")).status()).isEqualTo(200);

    assertThat(rig.ledger().calls(SESSION)).isEmpty();
  }

  @Test
  void aReachedBudgetStopsTheCallBeforeItIsMadeAndARaisedOneLetsItPass() throws Exception {
    listen(
        List.of(upstream("main", rig.model().url())),
        List.of(budget(BudgetConfig.Window.TOTAL, 50)));
    rig.proxy().turn(SESSION, 1);
    var script = "[{\"text\":\"x\",\"usage\":{\"input_tokens\":45,\"output_tokens\":5}}]";
    assertThat(call(script, true).status()).isEqualTo(200);

    var refused = call(script, true);
    call(script, true);

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
    assertThat(call(script, true).status()).isEqualTo(200);
  }

  @Test
  void aTurnsBudgetBeginsAnewWithTheNextTurn() throws Exception {
    listen(
        List.of(upstream("main", rig.model().url())),
        List.of(budget(BudgetConfig.Window.TURN, 10)));
    var script = "[{\"text\":\"x\",\"usage\":{\"input_tokens\":45,\"output_tokens\":5}}]";
    rig.proxy().turn(SESSION, 1);
    assertThat(call(script, false).status()).isEqualTo(200);
    assertThat(call(script, false).status()).isEqualTo(402);

    rig.proxy().turn(SESSION, 2);

    assertThat(call(script, false).status()).isEqualTo(200);
  }

  @Test
  void aCallWaitsForWhatOthersHaveReserved() throws Exception {
    listen(
        List.of(upstream("main", rig.model().url())),
        List.of(budget(BudgetConfig.Window.TOTAL, 60)));
    var slow =
        "[{\"text\":\"x\",\"gate\":\"g\",\"usage\":{\"input_tokens\":4,\"output_tokens\":5}}]";
    try (var client = new RawClient(rig.socket());
        var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      client.send(RawClient.post("/v1/messages", ask(slow, true)));
      await().until(() -> rig.model().open() == 1);
      var second = threads.submit(() -> call("[\"y\"]", false).status());
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

  @Test
  void theModelOrAHeaderChoosesTheServer() throws Exception {
    try (var haiku = ScriptedModel.start(0);
        var eu = ScriptedModel.start(0)) {
      listen(
          List.of(
              new UpstreamConfig(
                  "haiku",
                  URI.create(haiku.url()),
                  CredentialConfig.NONE,
                  Map.of(),
                  List.of("*haiku*"),
                  Optional.empty(),
                  UpstreamConfig.Network.PLAIN,
                  new ProviderConfig.Anthropic()),
              new UpstreamConfig(
                  "eu",
                  URI.create(eu.url()),
                  CredentialConfig.NONE,
                  Map.of(),
                  List.of(),
                  Optional.of(new UpstreamConfig.Header("x-provider", "eu")),
                  UpstreamConfig.Network.PLAIN,
                  new ProviderConfig.Anthropic()),
              upstream("main", rig.model().url())),
          List.of());

      var small = ask("[\"x\"]", false).replace("\"m\"", "\"claude-haiku-9\"");
      RawClient.call(rig.socket(), RawClient.post("/v1/messages", small));
      RawClient.call(
          rig.socket(), RawClient.post("/v1/messages", ask("[\"x\"]", false), "X-Provider: EU"));
      call("[\"x\"]", false);

      assertThat(haiku.requests()).isEqualTo(1);
      assertThat(eu.requests()).isEqualTo(1);
      assertThat(rig.model().requests()).isEqualTo(1);
      assertThat(rig.ledger().calls(SESSION))
          .extracting(ModelCall::upstream)
          .containsExactlyInAnyOrder("haiku", "eu", "main");
    }
  }

  @Test
  void anOverloadedServersCallsGoToTheNextOneAndOnlyOnceToEach() throws Exception {
    try (var first = ScriptedModel.start(0)) {
      var refusing = refusing(529);
      try {
        listen(
            List.of(
                upstream("first", "http://127.0.0.1:" + refusing.getAddress().getPort()),
                upstream("main", first.url())),
            List.of());
        rig.proxy().turn(SESSION, 1);

        assertThat(call("[\"x\"]", true).status()).isEqualTo(200);
        assertThat(call("[\"x\"]", true).status()).isEqualTo(200);

        // The second call does not even ask it: it has said that it is busy.
        assertThat(rig.notices()).extracting(ModelNotice::kind).containsExactly("model_failover");
        assertThat(rig.notices().getFirst().json())
            .contains("\"from\":\"first\"", "\"to\":\"main\"");
        assertThat(rig.ledger().calls(SESSION))
            .hasSize(2)
            .allMatch(c -> c.upstream().equals("main"));
        assertThat(first.requests()).isEqualTo(2);
      } finally {
        refusing.stop(0);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"500, 1", "504, 0"})
  void anAnswerThatMayBePaidIsPassedBack(int status, int nextGoesElsewhere) throws Exception {
    var failing = rig.owning(refusing(status), server -> server.stop(0)).getAddress().getPort();
    listen(
        List.of(
            upstream("first", "http://127.0.0.1:" + failing), upstream("main", rig.model().url())),
        List.of());

    assertThat(call("[\"x\"]", true).status()).isEqualTo(status);
    assertThat(rig.model().requests()).isZero();
    call("[\"x\"]", true);

    assertThat(rig.notices()).isEmpty();
    assertThat(rig.model().requests()).isEqualTo(nextGoesElsewhere);
    assertThat(rig.ledger().calls(SESSION)).hasSize(2);
  }

  @ParameterizedTest
  @ValueSource(ints = {429, 500, 529})
  void aSessionsOwnKeySendsNoOthersCallsElsewhere(int status) throws Exception {
    var asked = new AtomicInteger();
    var failing = rig.owning(refusing(status, "gw", asked), server -> server.stop(0));
    listen(
        List.of(
            upstream("first", "http://127.0.0.1:" + failing.getAddress().getPort()),
            upstream("main", rig.model().url())),
        List.of());
    rig.hasKey(
        CompletableFuture.completedStage(new Choice.OfSession("x-api-key", new Secret("own"))));
    call("[\"x\"]", true);
    rig.hasKey(CompletableFuture.completedStage(new Choice.OfNode()));
    call("[\"x\"]", true);
    assertThat(asked).as("asked by both").hasValue(2);

    call("[\"x\"]", true);
    assertThat(asked).as("asked by a third one").hasValue(2);
  }

  @Test
  void aCallIsFoundInOthersLogsByTheirNames() throws Exception {
    var failing = rig.owning(refusing(400, "a gateway's own"), server -> server.stop(0));
    listen(upstreams(failing), List.of());
    call("[\"x\"]", true);
    var naming = rig.owning(refusing(400, "gw-1"), server -> server.stop(0));
    listen(upstreams(naming), List.of());
    call("[\"x\"]", true);

    assertThat(rig.ledger().calls(SESSION))
        .extracting(ModelCall::requestIds)
        .containsExactlyInAnyOrder(
            new ModelCall.RequestIds("req-of-400", ""),
            new ModelCall.RequestIds("req-of-400", "gw-1"));
  }

  private static List<UpstreamConfig> upstreams(HttpServer server) {
    return List.of(upstream("main", "http://127.0.0.1:" + server.getAddress().getPort()));
  }

  @ParameterizedTest
  @ValueSource(ints = {429, 502, 503})
  void anAnswerOfAServerThatHasNotServedGivesTheCallToTheNext(int status) throws Exception {
    var failing = rig.owning(refusing(status), server -> server.stop(0)).getAddress().getPort();
    listen(
        List.of(
            upstream("first", "http://127.0.0.1:" + failing), upstream("main", rig.model().url())),
        List.of());

    assertThat(call("[\"x\"]", true).status()).isEqualTo(200);
    assertThat(rig.model().requests()).isEqualTo(1);
  }

  @Test
  void aServerThatCannotBeReachedIsPassedOver() throws Exception {
    int port;
    try (var free = new ServerSocket(0)) {
      port = free.getLocalPort();
    }
    listen(
        List.of(upstream("first", "http://127.0.0.1:" + port), upstream("main", rig.model().url())),
        List.of());

    assertThat(call("[\"x\"]", true).status()).isEqualTo(200);
  }

  @Test
  void aCallThatAServerMayHaveWorkedOnIsNotSentAgain() throws Exception {
    try (var silent = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
        var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      listen(
          List.of(
              upstream("first", "http://127.0.0.1:" + silent.getLocalPort()),
              upstream("main", rig.model().url())),
          List.of());
      var call = threads.submit(() -> call("[\"x\"]", true));
      try (var accepted = silent.accept()) {
        var bytes = new byte[64];
        assertThat(accepted.getInputStream().read(bytes)).isPositive();
      }

      assertThat(call.get().status()).isEqualTo(502);
      assertThat(rig.model().requests()).isZero();
      await().until(() -> rig.ledger().calls(SESSION).getFirst().state() == State.FAILED);
    }
  }

  private static HttpServer refusing(int status) throws IOException {
    return refusing(status, "gw");
  }

  private static HttpServer refusing(int status, String gateway) throws IOException {
    return refusing(status, gateway, new AtomicInteger());
  }

  private static HttpServer refusing(int status, String gateway, AtomicInteger asked)
      throws IOException {
    var server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 10);
    server.createContext(
        "/",
        exchange -> {
          asked.incrementAndGet();
          exchange.getRequestBody().readAllBytes();
          exchange.getResponseHeaders().add("request-id", "req-of-" + status);
          exchange.getResponseHeaders().add("x-request-id", gateway);
          exchange.sendResponseHeaders(status, -1);
          exchange.close();
        });
    server.start();
    return server;
  }

  private static BudgetConfig budget(BudgetConfig.Window window, long tokens) {
    return new BudgetConfig(
        BudgetConfig.Scope.SESSION, "", window, OptionalLong.of(tokens), Optional.empty());
  }

  private static UpstreamConfig upstream(String name, String url) {
    return ModelConfigs.upstream(name, url, Optional.empty(), Optional.empty(), Map.of());
  }

  private void listen(List<UpstreamConfig> upstreams, List<BudgetConfig> budgets)
      throws IOException {
    rig.listen(ModelConfigs.of(upstreams, Duration.ofSeconds(20), budgets));
  }

  private RawClient.Answer call(String script, boolean stream) throws IOException {
    return RawClient.call(rig.socket(), RawClient.post("/v1/messages", ask(script, stream)));
  }

  private static String ask(String script, boolean stream) {
    var request = JsonNodeFactory.instance.objectNode();
    request.put("model", "m").put("max_tokens", 60).put("stream", stream);
    request.putArray("messages").addObject().put("role", "user").put("content", "SCN:" + script);
    return request.toString();
  }
}
