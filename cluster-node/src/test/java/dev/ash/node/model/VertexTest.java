package dev.ash.node.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.ash.config.InvalidConfigException;
import dev.ash.config.NodeConfig;
import dev.ash.config.ProviderConfig;
import dev.ash.config.Secret;
import dev.ash.node.credentials.SessionCredentials.Choice;
import dev.ash.persistence.table.ModelCall.State;
import dev.ash.persistence.table.ModelCall.Usage;
import dev.ash.protocol.id.SessionId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** An agent that speaks the Messages API, and Vertex behind the node. */
@Timeout(60)
final class VertexTest {
  private static final SessionId SESSION = SessionId.of(new UUID(1, 2));
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String MODELS =
      "/v1/projects/ash-test/locations/europe-west1/publishers/anthropic/models/";
  @RegisterExtension private static final TestActors ACTORS = new TestActors();

  @TempDir private Path folder;
  private ModelRig rig;
  private FakeVertex vertex;

  @BeforeEach
  void start() throws Exception {
    rig = new ModelRig(folder, ACTORS.system(), SESSION);
    vertex = rig.owning(FakeVertex.before(rig.model()), FakeVertex::close);
    vertex.keyFile(folder);
    listen(settings(Map.of()));
  }

  @AfterEach
  void stop() throws IOException {
    rig.close();
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aCallIsTurnedAndCountedToTheToken(boolean stream) throws Exception {
    var script =
        "[{\"text\":\"grüße\",\"usage\":{\"input_tokens\":100,\"output_tokens\":7,"
            + "\"cache_creation_input_tokens\":20,\"cache_read_input_tokens\":1000}}]";

    var answer =
        RawClient.call(
            rig.socket(),
            RawClient.post(
                "/v1/messages?beta=true",
                ask("claude-sonnet-4-5", script, stream),
                "anthropic-version: 2023-06-01",
                "anthropic-beta: good-2025-01-01, bad-2025-01-01",
                "anthropic-beta: good-2025-02-02",
                "x-api-key: dummy",
                "authorization: Bearer dummy",
                "x-stainless-os: Linux"));

    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.body()).contains("grüße");
    var seen = vertex.seen().getFirst();
    assertThat(seen.uri())
        .isEqualTo(
            MODELS + "claude-sonnet-4-5@20250929:" + (stream ? "streamRawPredict" : "rawPredict"));
    assertThat(seen.body().path("stream").asBoolean()).isEqualTo(stream);
    assertThat(seen.headers())
        .containsEntry("Anthropic-beta", List.of("good-2025-01-01,good-2025-02-02"));
    assertThat(seen.headers().keySet())
        .map(name -> name.toLowerCase(Locale.ROOT))
        .doesNotContain("x-api-key", "anthropic-version", "x-stainless-os");
    if (stream) {
      assertThat(answer.headers()).contains("Content-Type: text/event-stream");
      assertThat(answer.body()).startsWith("event: message_start\ndata: {");
    }
    var call = rig.ledger().calls(SESSION).getFirst();
    assertThat(call.state()).isEqualTo(State.DONE);
    assertThat(call.usage()).isEqualTo(new Usage(100, 7, 20, 1000));
    assertThat(call.model()).isEqualTo("claude-sonnet-4-5");
  }

  @Test
  void tokensAreCountedThereAndCostNothing() throws Exception {
    var answer =
        RawClient.call(
            rig.socket(),
            RawClient.post(
                "/v1/messages/count_tokens", ask("claude-sonnet-4-5", "[\"x\"]", false)));

    assertThat(answer.status()).isEqualTo(200);
    assertThat(JSON.readTree(answer.body()).path("input_tokens").asLong()).isPositive();
    var seen = vertex.seen().getFirst();
    assertThat(seen.uri()).isEqualTo(MODELS + "count-tokens:rawPredict");
    assertThat(seen.body().path("model").asText()).isEqualTo("claude-sonnet-4-5@20250929");
    assertThat(rig.ledger().calls(SESSION)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "claude-haiku-4-5-20251001,claude-haiku-4-5@20251001",
    "claude-opus-4-1@20250805,claude-opus-4-1@20250805",
    "claude-opus-5-5,claude-opus-5-5"
  })
  void namesOfBothSidesNeedNoOther(String written, String id) throws Exception {
    assertThat(call(written, "[\"x\"]", true).status()).isEqualTo(200);
    assertThat(vertex.seen().getFirst().modelId()).isEqualTo(id);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "count-tokens",
        "claude-x/../../other",
        "claude-x:rawPredict?",
        "claude-x%2f..",
        "gemini-2"
      })
  void aNameThatWouldLeadElsewhereIsNotAskedFor(String name) throws Exception {
    var answer = call(name, "[\"x\"]", false);

    assertThat(answer.status()).isEqualTo(404);
    assertThat(answer.body()).contains("not_found_error").contains("ASH_MODEL_MAP");
    assertThat(vertex.seen()).isEmpty();
    assertThat(RawClient.call(rig.socket(), RawClient.get("/v1/models")).status()).isEqualTo(404);
  }

  @Test
  void aNameThatReadsLikeACheapModelIsNoWayToADearOne() throws Exception {
    var script = "[{\"text\":\"x\",\"usage\":{\"input_tokens\":1000,\"output_tokens\":100}}]";
    listen(settings(Map.of("ash.model.allow", "*haiku*")));
    assertThat(call("claude-sonnet-4-5-3-haiku", script, false).status()).isEqualTo(404);
    assertThat(vertex.seen()).isEmpty();

    listen(settings(Map.of()));
    assertThat(call("claude-sonnet-4-5-3-haiku", script, false).status()).isEqualTo(200);
    assertThat(rig.ledger().calls(SESSION).getFirst().nanos())
        .isEqualTo(1000 * 3_000 + 100 * 15_000);
  }

  @Test
  void aTokenIsGotOnceForAllThatWait() throws Exception {
    var calls = new ArrayList<Callable<RawClient.Answer>>();
    for (var i = 0; i < 20; i++) {
      calls.add(() -> call("claude-sonnet-4-5", "[\"x\"]", false));
    }
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (var answer : threads.invokeAll(calls)) {
        assertThat(answer.get().status()).isEqualTo(200);
      }
    }
    assertThat(vertex.tokens()).isEqualTo(1);
  }

  @Test
  void aTokenIsRenewedAheadBesideTheCalls() throws Exception {
    // Google's library renews in the last minutes of a token's life.
    vertex.life(220);
    assertThat(call("claude-sonnet-4-5", "[\"x\"]", false).status()).isEqualTo(200);
    vertex.life(3599);

    await()
        .untilAsserted(
            () -> {
              assertThat(call("claude-sonnet-4-5", "[\"x\"]", false).status()).isEqualTo(200);
              assertThat(vertex.seen().getLast().headers().get("Authorization"))
                  .containsExactly("Bearer ya29.canary-77d0-2");
            });
    assertThat(vertex.tokens()).isEqualTo(2);
  }

  @Test
  void aTokenThatIsRefusedIsGotAnewAndTheCallSentOnceMore() throws Exception {
    assertThat(call("claude-sonnet-4-5", "[\"x\"]", false).status()).isEqualTo(200);
    vertex.revoke();

    assertThat(call("claude-sonnet-4-5", "[\"x\"]", false).status()).isEqualTo(200);

    assertThat(vertex.tokens()).isEqualTo(2);
  }

  @Test
  void withoutATokenTheAgentIsToldSoWithoutWhatGoogleSaid() throws Exception {
    vertex.fail(FakeVertex.Fault.NO_TOKEN);

    var answer = call("claude-sonnet-4-5", "[\"x\"]", false);

    assertThat(answer.status()).isEqualTo(503);
    assertThat(answer.body()).contains("the model server main").doesNotContain("canary");
    vertex.fail(FakeVertex.Fault.NONE);
    assertThat(call("claude-sonnet-4-5", "[\"x\"]", false).status()).isEqualTo(200);
  }

  @Test
  void aFileThatIsNoCredentialIsSaidAndReadAgain() throws Exception {
    var file = Files.writeString(folder.resolve("wrong.json"), "{\"type\":\"canary\"}");
    listen(settings(Map.of("ash.model.google-credentials-file", file.toString())));
    assertThat(call("claude-sonnet-4-5", "[\"x\"]", false).status()).isEqualTo(503);

    Files.copy(folder.resolve("key.json"), file, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    assertThat(call("claude-sonnet-4-5", "[\"x\"]", false).status()).isEqualTo(200);
  }

  @ParameterizedTest
  @EnumSource(
      value = FakeVertex.Fault.class,
      names = {"THROTTLED", "THROTTLED_IN_AN_ARRAY"})
  void throttlingIsSaidAsTheMessagesApiSaysIt(FakeVertex.Fault fault) throws Exception {
    vertex.fail(fault);

    var answer = call("claude-sonnet-4-5", "[\"x\"]", true);

    assertThat(answer.status()).isEqualTo(429);
    assertThat(JSON.readTree(answer.body()))
        .isEqualTo(
            JSON.readTree(
                "{\"type\":\"error\",\"error\":{\"type\":\"rate_limit_error\","
                    + "\"message\":\"Quota used.\"}}"));
    assertThat(rig.notices()).extracting(ModelNotice::kind).containsExactly("rate_limited");
    await().until(() -> rig.ledger().calls(SESSION).getFirst().state() == State.FAILED);
  }

  @Test
  void whatARefusalNamesIsNotRepeatedToTheAgent() throws Exception {
    vertex.fail(FakeVertex.Fault.FORBIDDEN);

    var answer = call("claude-sonnet-4-5", "[\"x\"]", false);

    assertThat(answer.status()).isEqualTo(403);
    assertThat(answer.body())
        .contains("permission_error")
        .contains("(PERMISSION_DENIED)")
        .doesNotContain("canary");
    // Another token would have no other rights.
    assertThat(vertex.seen()).hasSize(1);
    assertThat(vertex.tokens()).isEqualTo(1);
  }

  @Test
  void whatTheModelsServerSaysPasses() throws Exception {
    var answer = call("claude-sonnet-4-5", "[{\"error\":400}]", false);

    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.body()).contains("\"type\":\"error\"").contains("invalid_request_error");
  }

  @Test
  void aKeyOfASessionIsNotShownToGoogle() throws Exception {
    rig.hasKey(
        CompletableFuture.completedStage(new Choice.OfSession("x-api-key", new Secret("canary"))));
    listen(settings(Map.of()));

    var answer = call("claude-sonnet-4-5", "[\"x\"]", false);

    assertThat(answer.status()).isEqualTo(401);
    assertThat(answer.body()).contains("This session's own key").doesNotContain("canary");
    assertThat(vertex.seen()).isEmpty();
    assertThat(vertex.tokens()).isZero();
  }

  @ParameterizedTest
  @CsvSource({
    "europe-west1,https://europe-west1-aiplatform.googleapis.com",
    "global,https://aiplatform.googleapis.com",
    "eu,https://aiplatform.eu.rep.googleapis.com"
  })
  void theRegionSaysTheHost(String region, String url) {
    assertThat(
            new ProviderConfig.Vertex(
                    "example.org:p1", region, Optional.empty(), List.of(), List.of())
                .usualUrl())
        .hasToString(url);
  }

  @Test
  void settingsThatCannotBeStopTheStart() {
    for (var wrong :
        Map.of(
                "ash.model.project=", "ASH_MODEL_PROJECT: not set",
                "ash.model.project=a/../b", "ASH_MODEL_PROJECT: a/../b",
                "ash.model.region=", "ASH_MODEL_REGION: not set",
                "ash.model.region=a.evil/", "ASH_MODEL_REGION: a.evil/",
                "ash.model.models-map=claude=a/b", "ASH_MODEL_MAP: claude=a/b",
                "ash.model.api-key=canary", "ASH_MODEL_PROVIDER: vertex, and a key")
            .entrySet()) {
      var pair = wrong.getKey().split("=", 2);
      var settings = settings(Map.of(pair[0], pair[1]));

      assertThatThrownBy(() -> NodeConfig.from(NodeConfig.load(settings)))
          .isInstanceOf(InvalidConfigException.class)
          .hasMessageStartingWith(wrong.getValue())
          .hasMessageNotContaining("canary");
    }
  }

  private Map<String, Object> settings(Map<String, String> more) {
    var all = new HashMap<String, Object>();
    all.put("ash.model.provider", "vertex");
    all.put("ash.model.base-url", vertex.url() + "/v1/");
    all.put("ash.model.project", FakeVertex.PROJECT);
    all.put("ash.model.region", FakeVertex.REGION);
    all.put("ash.model.google-credentials-file", folder.resolve("key.json").toString());
    all.put("ash.model.models-map", "claude-sonnet-4-5*=claude-sonnet-4-5@20250929");
    all.put("ash.model.betas", "good-*");
    all.putAll(more);
    return all;
  }

  private void listen(Map<String, ?> settings) throws IOException {
    rig.listen(settings);
    rig.proxy().turn(SESSION, 1);
  }

  private RawClient.Answer call(String name, String script, boolean stream) throws IOException {
    return RawClient.call(rig.socket(), RawClient.post("/v1/messages", ask(name, script, stream)));
  }

  private static String ask(String name, String script, boolean stream) {
    var request = JsonNodeFactory.instance.objectNode();
    request.put("model", name).put("max_tokens", 10).put("stream", stream);
    request.putArray("messages").addObject().put("role", "user").put("content", "SCN:" + script);
    return request.toString();
  }
}
