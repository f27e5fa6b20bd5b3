package dev.ash.node.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpServer;
import dev.ash.config.CredentialConfig;
import dev.ash.config.ProviderConfig;
import dev.ash.config.Secret;
import dev.ash.config.UpstreamConfig;
import dev.ash.node.credentials.SessionCredentials.Choice;
import dev.ash.persistence.table.ModelCall;
import dev.ash.persistence.table.ModelCall.State;
import dev.ash.protocol.id.SessionId;
import dev.ash.scriptedmodel.ScriptedModel;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
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

/** To which server a call goes, to which one next, and what is kept of its answer's names. */
@Timeout(60)
final class UpstreamOrderTest {
  private static final SessionId SESSION = SessionId.of(new UUID(1, 3));
  @RegisterExtension private static final TestActors ACTORS = new TestActors();

  @TempDir private Path folder;
  private ModelRig rig;

  @BeforeEach
  void start() throws IOException {
    rig = new ModelRig(folder, ACTORS.system(), SESSION);
  }

  @AfterEach
  void stop() throws IOException {
    rig.close();
  }

  @Test
  void theModelOrAHeaderChoosesTheServer() throws Exception {
    try (var haiku = ScriptedModel.start(0);
        var eu = ScriptedModel.start(0)) {
      rig.listen(
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
              ModelConfigs.upstream("main", rig.model().url())),
          List.of());

      var small = ModelRig.ask("[\"x\"]", false).replace("\"m\"", "\"claude-haiku-9\"");
      RawClient.call(rig.socket(), RawClient.post("/v1/messages", small));
      RawClient.call(
          rig.socket(),
          RawClient.post("/v1/messages", ModelRig.ask("[\"x\"]", false), "X-Provider: EU"));
      rig.call("[\"x\"]", false);

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
        rig.listen(
            List.of(
                ModelConfigs.upstream(
                    "first", "http://127.0.0.1:" + refusing.getAddress().getPort()),
                ModelConfigs.upstream("main", first.url())),
            List.of());
        rig.proxy().turn(SESSION, 1);

        assertThat(rig.call("[\"x\"]", true).status()).isEqualTo(200);
        assertThat(rig.call("[\"x\"]", true).status()).isEqualTo(200);

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
    rig.listen(
        List.of(
            ModelConfigs.upstream("first", "http://127.0.0.1:" + failing),
            ModelConfigs.upstream("main", rig.model().url())),
        List.of());

    assertThat(rig.call("[\"x\"]", true).status()).isEqualTo(status);
    assertThat(rig.model().requests()).isZero();
    rig.call("[\"x\"]", true);

    assertThat(rig.notices()).isEmpty();
    assertThat(rig.model().requests()).isEqualTo(nextGoesElsewhere);
    assertThat(rig.ledger().calls(SESSION)).hasSize(2);
  }

  @ParameterizedTest
  @ValueSource(ints = {429, 500, 529})
  void aSessionsOwnKeySendsNoOthersCallsElsewhere(int status) throws Exception {
    var asked = new AtomicInteger();
    var failing = rig.owning(refusing(status, "gw", asked), server -> server.stop(0));
    rig.listen(
        List.of(
            ModelConfigs.upstream("first", "http://127.0.0.1:" + failing.getAddress().getPort()),
            ModelConfigs.upstream("main", rig.model().url())),
        List.of());
    rig.hasKey(
        CompletableFuture.completedStage(new Choice.OfSession("x-api-key", new Secret("own"))));
    rig.call("[\"x\"]", true);
    rig.hasKey(CompletableFuture.completedStage(new Choice.OfNode()));
    rig.call("[\"x\"]", true);
    assertThat(asked).as("asked by both").hasValue(2);

    rig.call("[\"x\"]", true);
    assertThat(asked).as("asked by a third one").hasValue(2);
  }

  @Test
  void aCallIsFoundInOthersLogsByTheirNames() throws Exception {
    var failing = rig.owning(refusing(400, "a gateway's own"), server -> server.stop(0));
    rig.listen(upstreams(failing), List.of());
    rig.call("[\"x\"]", true);
    var naming = rig.owning(refusing(400, "gw-1"), server -> server.stop(0));
    rig.listen(upstreams(naming), List.of());
    rig.call("[\"x\"]", true);

    // That a call failed is written down beside its answer, not before.
    await()
        .untilAsserted(
            () ->
                assertThat(rig.ledger().calls(SESSION))
                    .extracting(ModelCall::requestIds)
                    .containsExactlyInAnyOrder(
                        new ModelCall.RequestIds("req-of-400", ""),
                        new ModelCall.RequestIds("req-of-400", "gw-1")));
  }

  private static List<UpstreamConfig> upstreams(HttpServer server) {
    return List.of(
        ModelConfigs.upstream("main", "http://127.0.0.1:" + server.getAddress().getPort()));
  }

  @ParameterizedTest
  @ValueSource(ints = {429, 502, 503})
  void anAnswerOfAServerThatHasNotServedGivesTheCallToTheNext(int status) throws Exception {
    var failing = rig.owning(refusing(status), server -> server.stop(0)).getAddress().getPort();
    rig.listen(
        List.of(
            ModelConfigs.upstream("first", "http://127.0.0.1:" + failing),
            ModelConfigs.upstream("main", rig.model().url())),
        List.of());

    assertThat(rig.call("[\"x\"]", true).status()).isEqualTo(200);
    assertThat(rig.model().requests()).isEqualTo(1);
  }

  @Test
  void aServerThatCannotBeReachedIsPassedOver() throws Exception {
    int port;
    try (var free = new ServerSocket(0)) {
      port = free.getLocalPort();
    }
    rig.listen(
        List.of(
            ModelConfigs.upstream("first", "http://127.0.0.1:" + port),
            ModelConfigs.upstream("main", rig.model().url())),
        List.of());

    assertThat(rig.call("[\"x\"]", true).status()).isEqualTo(200);
  }

  @Test
  void aCallThatAServerMayHaveWorkedOnIsNotSentAgain() throws Exception {
    try (var silent = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
        var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      rig.listen(
          List.of(
              ModelConfigs.upstream("first", "http://127.0.0.1:" + silent.getLocalPort()),
              ModelConfigs.upstream("main", rig.model().url())),
          List.of());
      var call = threads.submit(() -> rig.call("[\"x\"]", true));
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
}
