package dev.ash.node.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.ash.config.ModelConfig;
import dev.ash.config.NodeConfig;
import dev.ash.config.Secret;
import dev.ash.node.credentials.SessionCredentials.Choice;
import dev.ash.protocol.id.SessionId;
import dev.ash.scriptedmodel.ScriptedModel;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executors;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(30)
final class SocketModelProxyTest {
  private static final String KEY = "sk-canary-of-the-node";
  private static final SessionId SESSION = SessionId.of(new UUID(1, 2));
  private static final ObjectMapper JSON = new ObjectMapper();
  private static ActorTestKit actors;

  @TempDir private Path folder;
  private TestLedger ledger;
  private ScriptedModel model;
  private SocketModelProxy proxy;
  private AutoCloseable listener;
  private Path socket;

  private CompletionStage<Choice> credential =
      CompletableFuture.completedStage(new Choice.OfNode());

  @BeforeAll
  static void startActors() {
    actors = ActorTestKit.create(NodeConfig.load(Map.of("pekko.actor.provider", "local")));
    Awaitility.setDefaultPollDelay(Duration.ZERO);
    Awaitility.setDefaultPollInterval(Duration.ofMillis(5));
  }

  @AfterAll
  static void stopActors() {
    Awaitility.reset();
    actors.shutdownTestKit();
  }

  @BeforeEach
  void start() throws IOException {
    ledger = TestLedger.open(folder);
    model = ScriptedModel.start(ScriptedModel.Options.onPort(0).requiringKey(KEY));
    socket = folder.resolve("model.sock");
    listen(config(model.url(), Optional.of(KEY), Map.of(), Duration.ofSeconds(20)));
  }

  @AfterEach
  void stop() throws IOException {
    proxy.close();
    model.close();
    await().untilAsserted(() -> assertThat(proxy.stats().connections()).isZero());
    await().untilAsserted(() -> assertThat(proxy.stats().open()).isZero());
    ledger.close();
  }

  @Test
  void passesAWholeAnswer() throws Exception {
    var answer =
        RawClient.call(socket, RawClient.post("/v1/messages?beta=true", ask("[\"hi\"]", false)));

    assertThat(answer.status()).isEqualTo(200);
    assertThat(JSON.readTree(answer.body()).at("/content/0/text").asText()).isEqualTo("hi");
    assertThat(answer.has("request-id")).isTrue();
    assertThat(model.calls().getLast().uri()).isEqualTo("/v1/messages?beta=true");
  }

  @Test
  void passesEveryDeltaWhenItComes() throws Exception {
    try (var client = new RawClient(socket)) {
      client.send(
          RawClient.post(
              "/v1/messages",
              ask("[{\"text\":\"one two three\",\"chunk\":4,\"gate\":\"g\"}]", true)));
      // The next delta leaves the model only after the one before has arrived here.
      for (var delta : new String[] {"one ", "two ", "thre", "e"}) {
        model.release("g", 1);
        assertThat(nextDelta(client)).isEqualTo(delta);
      }
    }
  }

  @Test
  void replacesTheSandboxesCredentialByItsOwn() throws Exception {
    var answer =
        RawClient.call(
            socket,
            RawClient.post(
                "/v1/messages",
                ask("[\"hi\"]", false),
                "Authorization: Bearer stolen",
                "X-Api-Key: dummy",
                "Cookie: a=b",
                "Proxy-Authorization: Basic x",
                "X-Forwarded-For: 10.0.0.1",
                "Connection: keep-alive, X-Hop",
                "X-Hop: 1",
                "anthropic-beta: a-1,b-2",
                "anthropic-version: 2023-06-01",
                "User-Agent: claude-cli/2.1.330 (external, sdk-cli)",
                "X-Unknown: stays"));

    var call = model.calls().getLast();
    assertThat(call.header("x-api-key")).contains(KEY);
    assertThat(call.headers())
        .doesNotContainKeys("authorization", "cookie", "proxy-authorization", "x-forwarded-for")
        .doesNotContainKeys("x-hop");
    assertThat(call.header("anthropic-beta")).contains("a-1,b-2");
    assertThat(call.header("anthropic-version")).contains("2023-06-01");
    assertThat(call.header("user-agent")).contains("claude-cli/2.1.330 (external, sdk-cli)");
    assertThat(call.header("x-unknown")).contains("stays");
    assertThat(call.header("content-type")).contains("application/json");
    assertThat(call.header("host")).contains("127.0.0.1:" + model.port());
    assertThat(answer.toString()).doesNotContain(KEY);
  }

  @Test
  void sendsATokenAsBearer() throws Exception {
    listen(
        ModelConfigs.of(
            ModelConfigs.upstream(
                "main", model.url(), Optional.empty(), Optional.of(KEY), Map.of()),
            Duration.ofSeconds(20)));

    var answer = RawClient.call(socket, RawClient.get("/v1/models"));

    assertThat(answer.status()).isEqualTo(200);
    assertThat(model.calls().getLast().header("authorization")).contains("Bearer " + KEY);
    assertThat(model.calls().getLast().header("x-api-key")).isEmpty();
  }

  @Test
  void addsCustomHeadersAndLetsNobodyElseSetThem() throws Exception {
    listen(
        config(
            model.url(),
            Optional.of("replaced"),
            Map.of("x-team-id", new Secret("my-team"), "X-Api-Key", new Secret(KEY)),
            Duration.ofSeconds(20)));

    var answer = RawClient.call(socket, RawClient.get("/v1/models", "X-Team-Id: another"));

    assertThat(answer.status()).isEqualTo(200);
    assertThat(model.calls().getLast().headers().get("x-team-id")).containsExactly("my-team");
    assertThat(model.calls().getLast().headers().get("x-api-key")).containsExactly(KEY);
  }

  @Test
  void needsNoCredentialForAModelOnThisMachine() throws Exception {
    try (var open = ScriptedModel.start(0)) {
      listen(config(open.url(), Optional.empty(), Map.of(), Duration.ofSeconds(20)));

      assertThat(RawClient.call(socket, RawClient.get("/v1/models")).status()).isEqualTo(200);
      assertThat(open.calls().getLast().headers()).doesNotContainKeys("x-api-key", "authorization");
    }
  }

  @Test
  void saysThatACredentialIsMissing() throws Exception {
    listen(config("https://models.invalid", Optional.empty(), Map.of(), Duration.ofSeconds(20)));

    var answer = RawClient.call(socket, RawClient.post("/v1/messages", ask("[\"hi\"]", false)));

    assertThat(answer.status()).isEqualTo(401);
    assertThat(error(answer)).isEqualTo("authentication_error");
    assertThat(answer.body()).contains("ANTHROPIC_API_KEY");
  }

  @Test
  void passesErrorsWithTheirStatusAndHeaders() throws Exception {
    var answer =
        RawClient.call(
            socket,
            RawClient.post(
                "/v1/messages",
                ask("[{\"error\":{\"status\":529,\"headers\":{\"retry-after\":\"7\"}}}]", true)));

    assertThat(answer.status()).isEqualTo(529);
    assertThat(answer.headers()).contains("retry-after: 7");
    assertThat(error(answer)).isEqualTo("overloaded_error");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void passesBigBodies(boolean chunked) throws Exception {
    var body = ask("[\"big\"]" + "x".repeat(20 << 20), false);
    var request =
        chunked
            ? "POST /v1/messages HTTP/1.1\r\nHost: m\r\nTransfer-Encoding: chunked\r\n\r\n"
                + chunks(body)
            : RawClient.post("/v1/messages", body);

    var answer = RawClient.call(socket, request);

    assertThat(answer.status()).isEqualTo(200);
    assertThat(model.calls().getLast().bodyBytes()).isEqualTo(body.length());
    assertThat(proxy.stats().requestBytes()).isEqualTo(body.length());
  }

  @Test
  void refusesABodyAboveTheBoundWithoutReadingIt() throws Exception {
    try (var client = new RawClient(socket)) {
      client.send("POST /v1/messages HTTP/1.1\r\nHost: m\r\nContent-Length: 67108865\r\n\r\n{");

      var answer = client.answer();

      assertThat(answer.status()).isEqualTo(413);
      assertThat(error(answer)).isEqualTo("request_too_large");
      assertThat(model.requests()).isZero();
    }
  }

  @Test
  void servesManyCallsAtOnce() throws Exception {
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var calls = new ArrayList<Callable<String>>();
      for (var i = 0; i < 100; i++) {
        var script = "[\"answer %d\"]".formatted(i);
        calls.add(
            () -> {
              var request = RawClient.post("/v1/messages", ask(script, false));
              return JSON.readTree(RawClient.call(socket, request).body())
                  .at("/content/0/text")
                  .asText();
            });
      }
      var answers = threads.invokeAll(calls);
      for (var i = 0; i < 100; i++) {
        assertThat(answers.get(i).get()).isEqualTo("answer " + i);
      }
    }
    await().until(() -> proxy.stats().open() == 0);
    assertThat(proxy.stats().calls()).isEqualTo(100);
    assertThat(proxy.stats().failed()).isZero();
  }

  @Test
  void servesCallsOneAfterAnotherOnAConnection() throws Exception {
    try (var client = new RawClient(socket)) {
      for (var i = 0; i < 3; i++) {
        client.send(RawClient.post("/v1/messages", ask("[\"hi\"]", i % 2 == 0)));
        assertThat(client.answer().status()).isEqualTo(200);
      }
    }
  }

  @Test
  void cancelsACallWhoseSandboxLeavesInTheMiddleOfTheAnswer() throws Exception {
    try (var client = new RawClient(socket)) {
      client.send(
          RawClient.post("/v1/messages", ask("[{\"text\":\"x\",\"hang\":\"ping\"}]", true)));
      assertThat(nextDelta(client)).isEqualTo("x");
    }

    await().until(() -> model.open() == 0 && model.aborted() == 1);
    await().until(() -> proxy.stats().cancelled() == 1);
    assertThat(proxy.stats().failed()).isZero();
  }

  @Test
  void cancelsACallWhoseSandboxLeavesBeforeTheAnswer() throws Exception {
    try (var upstream = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
      listen(
          config(
              "http://127.0.0.1:" + upstream.getLocalPort(),
              Optional.of(KEY),
              Map.of(),
              Duration.ofSeconds(20)));
      var client = new RawClient(socket);
      client.send(RawClient.post("/v1/messages", "{}"));
      try (var accepted = upstream.accept()) {
        client.close();

        // Ends only when the proxy hangs up: nothing was ever answered.
        accepted.getInputStream().readAllBytes();
      }
    }
    await().until(() -> proxy.stats().cancelled() == 1);
  }

  @Test
  void cutsTheAnswerOffWhenTheModelDoes() throws Exception {
    // Slowly enough that it has begun: one that breaks off at once may have no head at all.
    var script = "[{\"text\":\"a long text\",\"chunk\":2,\"chunkMs\":40,\"cut\":6}]";
    var request = RawClient.post("/v1/messages", ask(script, true));

    assertThatThrownBy(() -> RawClient.call(socket, request)).isInstanceOf(IOException.class);
    await().until(() -> proxy.stats().failed() == 1);
  }

  @Test
  void saysWhichHostCouldNotBeReached() throws Exception {
    int port;
    try (var free = new ServerSocket(0)) {
      port = free.getLocalPort();
    }
    listen(config("http://127.0.0.1:" + port, Optional.of(KEY), Map.of(), Duration.ofSeconds(20)));

    var answer = RawClient.call(socket, RawClient.post("/v1/messages", ask("[\"hi\"]", true)));

    assertThat(answer.status()).isEqualTo(502);
    assertThat(error(answer)).isEqualTo("api_error");
    assertThat(answer.body()).contains("127.0.0.1:" + port).doesNotContain(KEY);
    assertThat(proxy.stats().failed()).isEqualTo(1);
  }

  @Test
  void givesUpOnAModelThatIsSilent() throws Exception {
    listen(config(model.url(), Optional.of(KEY), Map.of(), Duration.ofMillis(300)));

    var head =
        RawClient.call(socket, RawClient.post("/v1/messages", ask("[{\"hang\":true}]", false)));
    var body = RawClient.post("/v1/messages", ask("[{\"text\":\"x\",\"hang\":true}]", true));

    assertThat(head.status()).isEqualTo(504);
    assertThat(error(head)).isEqualTo("timeout_error");
    assertThatThrownBy(() -> RawClient.call(socket, body)).isInstanceOf(IOException.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/",
        "//evil.example/v1/messages",
        "/v1/messages/../models",
        "/v1/messages/",
        "/v1/models/..",
        "/v1/models/a/b",
        "/v1/models/a%2fb",
        "/v1/files",
        "/api/hello/x",
        "/v1/v1/v1/messages",
        "/admin"
      })
  void letsNoOtherPathOut(String path) throws Exception {
    var answer = RawClient.call(socket, RawClient.post(path, "{}"));

    assertThat(answer.status()).isIn(404, 405, 400);
    assertThat(model.requests()).isZero();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"/v1/../v1/messages", "/v1/x/../messages", "/./v1/messages", "/v1/%6dessages"})
  void comparesAndSendsAPathAfterItIsNormalised(String path) throws Exception {
    RawClient.call(socket, RawClient.post(path, "{}"));

    assertThat(model.calls()).allMatch(call -> call.uri().equals("/v1/messages"));
  }

  @Test
  void answersAnUnknownPathInTheFormOfTheApi() throws Exception {
    var answer = RawClient.call(socket, RawClient.get("/v1/files"));

    assertThat(answer.status()).isEqualTo(404);
    assertThat(error(answer)).isEqualTo("not_found_error");
    assertThat(proxy.stats().refused()).isEqualTo(1);
  }

  @Test
  void toleratesADoubledVersion() throws Exception {
    var answer = RawClient.call(socket, RawClient.post("/v1/v1/messages", ask("[\"hi\"]", false)));

    assertThat(answer.status()).isEqualTo(200);
    assertThat(model.calls().getLast().uri()).isEqualTo("/v1/messages");
  }

  @Test
  void passesTheHelloOfTheAgent() throws Exception {
    try (var client = new RawClient(socket)) {
      client.send("HEAD /api/hello HTTP/1.1\r\nHost: m\r\n\r\n");

      assertThat(client.line()).startsWith("HTTP/1.1 200");
    }
  }

  @Test
  void neverFollowsAnAbsoluteAddress() throws Exception {
    try (var other = ScriptedModel.start(0)) {
      var answer =
          RawClient.call(socket, RawClient.get(other.url() + "/v1/models", "Connection: close"));

      assertThat(answer.status()).isIn(200, 400);
      assertThat(other.requests()).isZero();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\r\n\r\n\r\n",
        "hello\r\n\r\n",
        "\u0000\u0001\u0002\u0003\r\n\r\n",
        "GET /v1/models\r\n\r\n",
        "GET /v1/models HTTP/9.9\r\nHost: m\r\n\r\n",
        "GET /v1/models HTTP/1.1\r\n\r\n",
        "CONNECT evil:443 HTTP/1.1\r\nHost: evil\r\n\r\n",
        "POST /v1/messages HTTP/1.1\r\nHost: m\r\nContent-Length: -1\r\n\r\n",
        "POST /v1/messages HTTP/1.1\r\nHost: m\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n12345",
        "GET /v1/models HTTP/1.1\r\nHost: m\r\nX-A : b\r\n\r\n",
        "GET /v1/models HTTP/1.1\r\nHost: m\r\nHost: n\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
      })
  void survivesWhatIsNoHttp(String bytes) throws Exception {
    try (var client = new RawClient(socket)) {
      client.send(bytes + "GET / HTTP/1.0\r\n\r\n");
      assertThat(client.answer().status()).isNotEqualTo(200);
    }

    assertThat(model.requests()).isZero();
    assertThat(RawClient.call(socket, RawClient.get("/v1/models")).status()).isEqualTo(200);
  }

  @Test
  void smugglesNoSecondRequest() throws Exception {
    var inner = "GET /v1/models/smuggled HTTP/1.1\r\nHost: m\r\n\r\n";
    try (var client = new RawClient(socket)) {
      client.send(
          "POST /v1/messages HTTP/1.1\r\nHost: m\r\nContent-Length: "
              + (inner.length() + 5)
              + "\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
              + inner);
      client.answer();
    }

    assertThat(model.calls()).noneMatch(call -> call.uri().contains("smuggled"));
  }

  @Test
  void refusesHugeHeaders() throws Exception {
    var long1 =
        RawClient.call(socket, RawClient.get("/v1/models", "X-Long: " + "x".repeat(20_000)));
    var many = new String[200];
    for (var i = 0; i < many.length; i++) {
      many[i] = "X-" + i + ": y";
    }
    var many1 = RawClient.call(socket, RawClient.get("/v1/models", many));

    assertThat(long1.status()).isEqualTo(431);
    assertThat(many1.status()).isIn(400, 431);
    assertThat(model.requests()).isZero();
  }

  @Test
  void theSocketCanBeReachedByTheSandboxAndGoesWithTheListener() throws Exception {
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(socket)))
        .isEqualTo("rw-rw-rw-");
    var idle = new RawClient(socket);
    await().until(() -> proxy.stats().connections() == 1);

    listener.close();
    listener.close();

    assertThat(socket).doesNotExist();
    assertThat(idle.answer().status()).isZero();
    assertThatThrownBy(() -> new RawClient(socket)).isInstanceOf(IOException.class);
  }

  @Test
  void takesThePlaceOfASocketThatACrashLeftBehind() throws Exception {
    listener.close();
    Files.createFile(socket);

    listener = proxy.listen(TestLedger.account(SESSION, _ -> {}), socket);

    assertThat(RawClient.call(socket, RawClient.get("/v1/models")).status()).isEqualTo(200);
  }

  @Test
  void hangsUpOnConnectionsAboveTheBound() throws Exception {
    var clients = new ArrayList<RawClient>();
    try {
      for (var i = 0; i < SocketModelProxy.MAX_CONNECTIONS; i++) {
        clients.add(new RawClient(socket));
      }
      await().until(() -> proxy.stats().connections() == SocketModelProxy.MAX_CONNECTIONS);
      try (var tooMany = new RawClient(socket)) {
        assertThat(tooMany.line()).isNull();
      }
    } finally {
      for (var client : clients) {
        client.close();
      }
    }
    await().until(() -> proxy.stats().connections() == 0);
    assertThat(RawClient.call(socket, RawClient.get("/v1/models")).status()).isEqualTo(200);
  }

  @Test
  void aSessionsOwnKeyGoesInPlaceOfEveryOneOfTheNode() throws Exception {
    model.close();
    model = ScriptedModel.start(0);
    listen(
        config(
            model.url(),
            Optional.of(KEY),
            Map.of("Authorization", new Secret("Bearer node"), "X-Team", new Secret("a")),
            Duration.ofSeconds(20)));
    credential =
        CompletableFuture.completedStage(
            new Choice.OfSession("x-api-key", new Secret("key-of-the-session")));

    RawClient.call(
        socket, RawClient.post("/v1/messages", ask("[\"hi\"]", false), "X-Api-Key: dummy"));

    var call = model.calls().getLast();
    assertThat(call.header("x-api-key")).contains("key-of-the-session");
    assertThat(call.header("x-team")).contains("a");
    assertThat(call.headers()).doesNotContainKey("authorization");
  }

  @Test
  void aSessionWhoseKeyCannotBeUsedDoesNotGetTheNodes() throws Exception {
    var before = model.calls().size();
    credential = CompletableFuture.completedStage(new Choice.Unusable("it was deleted"));

    var answer = RawClient.call(socket, RawClient.post("/v1/messages", ask("[\"hi\"]", false)));

    assertThat(answer.status()).isEqualTo(401);
    assertThat(error(answer)).isEqualTo("authentication_error");
    assertThat(answer.body()).contains("This session has no key for the model: it was deleted");
    assertThat(model.calls()).hasSize(before);
  }

  @Test
  void refusesACustomHeaderThatItCannotSend() {
    var config =
        config(model.url(), Optional.empty(), Map.of("Host", new Secret("x")), Duration.ofDays(1));

    assertThatThrownBy(() -> new SocketModelProxy(actors.system(), config, ledger.needs()))
        .hasMessageStartingWith("ANTHROPIC_CUSTOM_HEADERS: Host (expected: ");
  }

  private void listen(ModelConfig config) throws IOException {
    if (proxy != null) {
      proxy.close();
    }
    proxy = new SocketModelProxy(actors.system(), config, ledger.needs(_ -> credential));
    listener = proxy.listen(TestLedger.account(SESSION, _ -> {}), socket);
  }

  private static ModelConfig config(
      String url, Optional<String> key, Map<String, Secret> headers, Duration timeout) {
    return ModelConfigs.of(
        ModelConfigs.upstream("main", url, key, Optional.empty(), headers), timeout);
  }

  private static String ask(String script, boolean stream) {
    var request = JsonNodeFactory.instance.objectNode();
    request.put("model", "m").put("max_tokens", 10).put("stream", stream);
    request.putArray("messages").addObject().put("role", "user").put("content", "SCN:" + script);
    return request.toString();
  }

  private static String chunks(String body) {
    var half = body.length() / 2;
    var chunks = new StringBuilder();
    for (var part : new String[] {body.substring(0, half), body.substring(half)}) {
      for (var from = 0; from < part.length(); from += 500_000) {
        var piece = part.substring(from, Math.min(part.length(), from + 500_000));
        chunks
            .append(Integer.toHexString(piece.length()))
            .append("\r\n")
            .append(piece)
            .append("\r\n");
      }
    }
    return chunks.append("0\r\n\r\n").toString();
  }

  private static String error(RawClient.Answer answer) throws IOException {
    return JSON.readTree(answer.body()).at("/error/type").asText();
  }

  private static String nextDelta(RawClient client) throws IOException {
    while (true) {
      var line = client.line();
      if (line == null) {
        throw new IOException("the answer ended");
      }
      if (line.startsWith("data: ") && line.contains("text_delta")) {
        return JSON.readTree(line.substring(6)).at("/delta/text").asText();
      }
    }
  }
}
