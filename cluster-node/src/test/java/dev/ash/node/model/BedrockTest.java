package dev.ash.node.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.ash.config.InvalidConfigException;
import dev.ash.config.NodeConfig;
import dev.ash.node.credentials.SessionCredentials.Choice;
import dev.ash.persistence.table.ModelCall.State;
import dev.ash.persistence.table.ModelCall.Usage;
import dev.ash.protocol.id.SessionId;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** An agent that speaks the Messages API, and Bedrock behind the node. */
@Timeout(60)
final class BedrockTest {
  private static final SessionId SESSION = SessionId.of(new UUID(1, 2));
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String ID = "eu.anthropic.claude-sonnet-4-5-20250929-v1:0";
  @RegisterExtension private static final TestActors ACTORS = new TestActors();

  @TempDir private Path folder;
  private ModelRig rig;
  private FakeBedrock bedrock;

  @BeforeAll
  static void installKey() {
    AwsSignature.install();
  }

  @AfterAll
  static void removeKey() {
    AwsSignature.remove();
  }

  @BeforeEach
  void start() throws IOException {
    rig = new ModelRig(folder, ACTORS.system(), SESSION);
    bedrock = rig.owning(FakeBedrock.before(rig.model()), FakeBedrock::close);
    listen(bedrockSettings());
  }

  @AfterEach
  void stop() throws IOException {
    rig.close();
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aCallIsSignedTurnedAndCountedToTheToken(boolean stream) throws Exception {
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
                "x-stainless-os: Linux"));

    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.body()).contains("grüße");
    var seen = bedrock.seen().getFirst();
    assertThat(seen.uri())
        .isEqualTo(
            "/model/eu.anthropic.claude-sonnet-4-5-20250929-v1%3A0/"
                + (stream ? "invoke-with-response-stream" : "invoke"));
    assertThat(seen.body().path("anthropic_beta").toString())
        .isEqualTo("[\"good-2025-01-01\",\"good-2025-02-02\"]");
    assertThat(seen.headers().keySet())
        .map(name -> name.toLowerCase(java.util.Locale.ROOT))
        .doesNotContain("x-api-key", "anthropic-version", "anthropic-beta", "x-stainless-os");
    if (stream) {
      assertThat(answer.has("content-type")).isTrue();
      assertThat(answer.headers()).contains("Content-Type: text/event-stream");
      assertThat(answer.body()).startsWith("event: message_start\ndata: {");
      assertThat(answer.body()).contains("\n\nevent: message_stop\ndata: {").endsWith("}\n\n");
    }
    var call = rig.ledger().calls(SESSION).getFirst();
    assertThat(call.state()).isEqualTo(State.DONE);
    assertThat(call.usage()).isEqualTo(new Usage(100, 7, 20, 1000));
    assertThat(call.model()).isEqualTo("claude-sonnet-4-5");
    assertThat(call.upstream()).isEqualTo("main");
  }

  /** An agent may write any name: neither the list nor the price is got round by it. */
  @Test
  void aNameThatReadsLikeACheapModelIsNoWayToADearOne() throws Exception {
    var script = "[{\"text\":\"x\",\"usage\":{\"input_tokens\":1000,\"output_tokens\":100}}]";
    var call = RawClient.post("/v1/messages", ask("claude-sonnet-4-5-3-haiku", script, false));
    var settings = new java.util.TreeMap<String, Object>(bedrockSettings());
    settings.put("ash.model.allow", "*haiku*");
    listen(settings);

    assertThat(RawClient.call(rig.socket(), call).status()).isEqualTo(404);
    assertThat(bedrock.seen()).isEmpty();

    listen(bedrockSettings());
    assertThat(RawClient.call(rig.socket(), call).status()).isEqualTo(200);
    assertThat(rig.ledger().calls(SESSION).getFirst().nanos())
        .isEqualTo(1000 * 3_000 + 100 * 15_000);
  }

  @Test
  void deltasArriveOneByOne() throws Exception {
    try (var client = new RawClient(rig.socket())) {
      client.send(
          RawClient.post(
              "/v1/messages",
              ask(
                  "claude-sonnet-4-5",
                  "[{\"text\":\"one two three four five six\",\"gate\":\"g\"}]",
                  true)));
      var text = new StringBuilder();
      for (var delta = 0; delta < 2; delta++) {
        // The next one is sent only when this one was read here.
        rig.model().release("g", 1);
        text.append(nextDelta(client));
      }
      assertThat("one two three four five six").startsWith(text).isNotEqualTo(text.toString());
      assertThat(rig.ledger().calls(SESSION).getFirst().state()).isEqualTo(State.OPEN);
      rig.model().release("g", 1000);
    }
  }

  @Test
  void aFrameLargerThanAnyBufferPasses() throws Exception {
    var text = "x".repeat(700_000);
    var answer = call("[{\"text\":\"" + text + "\"}]", true);

    var said = new StringBuilder();
    for (var line : answer.body().split("\n", -1)) {
      if (line.startsWith("data: ") && line.contains("text_delta")) {
        said.append(JSON.readTree(line.substring(6)).at("/delta/text").asText());
      }
    }
    assertThat(said).hasToString(text);
  }

  @Test
  void throttlingIsSaidAsTheMessagesApiSaysIt() throws Exception {
    bedrock.fail(FakeBedrock.Fault.THROTTLED);

    var answer = call("[\"hi\"]", true);

    assertThat(answer.status()).isEqualTo(429);
    assertThat(JSON.readTree(answer.body()))
        .isEqualTo(
            JSON.readTree(
                "{\"type\":\"error\",\"error\":{\"type\":\"rate_limit_error\","
                    + "\"message\":\"Too many requests, please wait.\"}}"));
    await().until(() -> rig.ledger().calls(SESSION).getFirst().state() == State.FAILED);
    assertThat(rig.notices()).extracting(ModelNotice::kind).containsExactly("rate_limited");
  }

  @Test
  void throttlingGivesTheCallToTheNextServer() throws Exception {
    bedrock.fail(FakeBedrock.Fault.THROTTLED);
    var first = new HashMap<>(bedrockSettings());
    first.keySet().removeIf(k -> k.contains(".aws."));
    var upstream = new HashMap<String, String>();
    first.forEach((k, v) -> upstream.put(k.substring("ash.model.".length()), v));
    upstream.put("name", "bedrock");
    upstream.put("region", FakeBedrock.REGION);
    listen(
        Map.of("ash.model.upstreams", List.of(upstream), "ash.model.base-url", rig.model().url()));

    assertThat(call("[\"hi\"]", true).status()).isEqualTo(200);

    assertThat(rig.notices()).extracting(ModelNotice::kind).containsExactly("model_failover");
    assertThat(rig.ledger().calls(SESSION).getFirst().upstream()).isEqualTo("main");
    assertThat(bedrock.seen()).hasSize(1);
  }

  @Test
  void whatWasSignedIsNotRepeatedToTheAgent() throws Exception {
    bedrock.fail(FakeBedrock.Fault.REFUSED);

    var answer = call("[\"hi\"]", false);

    assertThat(answer.status()).isEqualTo(403);
    assertThat(answer.body())
        .contains("permission_error")
        .contains("Bedrock refused the node's credential (InvalidSignatureException)")
        .doesNotContain("canary");
  }

  @Test
  void anExceptionInTheStreamIsAnErrorEvent() throws Exception {
    bedrock.fail(FakeBedrock.Fault.EXCEPTION);

    var answer = call("[\"one two three\"]", true);

    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.body())
        .contains("event: message_start")
        .endsWith(
            "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"rate_limit_error\","
                + "\"message\":\"Too many tokens, please wait.\"}}\n\n");
    await().until(() -> rig.ledger().calls(SESSION).getFirst().state() == State.CUT);
  }

  @ParameterizedTest
  @EnumSource(
      value = FakeBedrock.Fault.class,
      names = {"CHECKSUM", "CUT"})
  void aBrokenFrameBreaksTheAnswerOff(FakeBedrock.Fault fault) {
    bedrock.fail(fault);

    assertThat(isWhole("[\"one two three\"]")).isFalse();
    await().until(() -> rig.proxy().stats().failed() == 1);
    await().until(() -> rig.ledger().calls(SESSION).getFirst().state() == State.CUT);
    assertThat(rig.ledger().calls(SESSION).getFirst().usage().input()).isPositive();
  }

  @Test
  void whatBedrockDoesNotHaveIsNotAskedFor() throws Exception {
    var answers = new ArrayList<RawClient.Answer>();
    answers.add(
        RawClient.call(
            rig.socket(),
            RawClient.post(
                "/v1/messages/count_tokens", ask("claude-sonnet-4-5", "[\"x\"]", false))));
    answers.add(
        RawClient.call(
            rig.socket(), RawClient.post("/v1/messages", ask("claude-opus-9", "[\"x\"]", false))));
    answers.add(RawClient.call(rig.socket(), RawClient.get("/v1/models")));

    assertThat(answers)
        .allSatisfy(
            answer -> {
              assertThat(answer.status()).isEqualTo(404);
              assertThat(answer.body()).contains("not_found_error");
            });
    assertThat(answers.get(1).body()).contains("ASH_MODEL_MAP");
    assertThat(bedrock.seen()).isEmpty();
    assertThat(rig.proxy().stats().open()).isZero();
  }

  @Test
  void aNameOfBedrocksOwnNeedsNoOther() throws Exception {
    var name = "anthropic.claude-haiku-4-5-20251001-v1:0";

    var answer =
        RawClient.call(rig.socket(), RawClient.post("/v1/messages", ask(name, "[\"x\"]", false)));

    assertThat(answer.status()).isEqualTo(200);
    assertThat(bedrock.seen().getFirst().modelId()).isEqualTo(name);
  }

  @Test
  void aKeyOfASessionIsNotShownToBedrock() throws Exception {
    rig.hasKey(
        CompletableFuture.completedStage(
            new Choice.OfSession("x-api-key", new dev.ash.config.Secret("key-canary"))));
    listen(bedrockSettings());

    var answer = call("[\"x\"]", false);

    assertThat(answer.status()).isEqualTo(401);
    assertThat(answer.body()).contains("This session's own key").doesNotContain("canary");
    assertThat(bedrock.seen()).isEmpty();
  }

  @Test
  void withoutCredentialsTheAgentIsToldSo() throws Exception {
    AwsSignature.remove();
    System.setProperty("aws.accessKeyId", "half-of-one");
    try {
      listen(bedrockSettings());
      var answer = call("[\"x\"]", false);

      assertThat(answer.status()).isEqualTo(503);
      assertThat(answer.body()).contains("api_error").contains("the model server main");
      assertThat(bedrock.seen()).isEmpty();
    } finally {
      AwsSignature.install();
    }
  }

  @Test
  void settingsThatCannotBeStopTheStart() {
    for (var wrong :
        Map.of(
                "ash.model.provider=azure", "ASH_MODEL_PROVIDER: azure",
                "ash.model.aws.region=", "ASH_MODEL_REGION: not set",
                "ash.model.region=a.evil/", "ASH_MODEL_REGION: a.evil/",
                "ash.model.models-map=claude", "ASH_MODEL_MAP: claude",
                "ash.model.api-key=canary", "ASH_MODEL_PROVIDER: bedrock, and a key")
            .entrySet()) {
      var settings = new HashMap<String, Object>(bedrockSettings());
      var pair = wrong.getKey().split("=", 2);
      settings.put(pair[0], pair[1]);

      assertThatThrownBy(() -> NodeConfig.from(NodeConfig.load(settings)))
          .isInstanceOf(InvalidConfigException.class)
          .hasMessageStartingWith(wrong.getValue())
          .hasMessageNotContaining("canary");
    }
  }

  private Map<String, String> bedrockSettings() {
    return Map.of(
        "ash.model.provider",
        "bedrock",
        "ash.model.base-url",
        bedrock.url(),
        "ash.model.aws.region",
        FakeBedrock.REGION,
        "ash.model.models-map",
        "claude-sonnet-4-5*=" + ID,
        "ash.model.betas",
        "good-*");
  }

  private void listen(Map<String, ?> settings) throws IOException {
    rig.listen(settings);
    rig.proxy().turn(SESSION, 1);
  }

  private RawClient.Answer call(String script, boolean stream) throws IOException {
    return RawClient.call(
        rig.socket(), RawClient.post("/v1/messages", ask("claude-sonnet-4-5", script, stream)));
  }

  /** The head itself may not come where the body broke off at once. */
  private boolean isWhole(String script) {
    try {
      return call(script, true).status() == 200;
    } catch (IOException _) {
      return false;
    }
  }

  private static String ask(String name, String script, boolean stream) {
    var request = JsonNodeFactory.instance.objectNode();
    request.put("model", name).put("max_tokens", 10).put("stream", stream);
    request.putArray("messages").addObject().put("role", "user").put("content", "SCN:" + script);
    return request.toString();
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
