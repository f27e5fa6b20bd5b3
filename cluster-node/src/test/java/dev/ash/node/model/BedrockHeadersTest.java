package dev.ash.node.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.ash.config.NodeConfig;
import dev.ash.protocol.id.SessionId;
import dev.ash.scriptedmodel.ScriptedModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The operator's own headers on the way to Bedrock, and what a refusal does to them. */
@Timeout(60)
final class BedrockHeadersTest {
  private static final SessionId SESSION = SessionId.of(new UUID(1, 3));
  private static ActorTestKit actors;

  @TempDir private Path folder;
  private TestLedger ledger;
  private ScriptedModel model;
  private FakeBedrock bedrock;
  private SocketModelProxy proxy;

  @BeforeAll
  static void startActors() {
    AwsSignature.install();
    actors = ActorTestKit.create(NodeConfig.load(Map.of("pekko.actor.provider", "local")));
  }

  @AfterAll
  static void stopActors() {
    actors.shutdownTestKit();
    AwsSignature.remove();
  }

  @BeforeEach
  void start() throws IOException {
    ledger = TestLedger.open(folder);
    model = ScriptedModel.start(0);
    bedrock = FakeBedrock.before(model);
    listen("x-team: red");
  }

  @AfterEach
  void stop() throws IOException {
    proxy.close();
    bedrock.close();
    model.close();
    await().until(() -> proxy.stats().open() == 0);
    ledger.close();
  }

  @Test
  void whatAwsRefusesIsNoReasonToReadAGatewaysHeaderAnew() throws Exception {
    var secret = Files.writeString(folder.resolve("gateway"), "red");
    bedrock.fail(FakeBedrock.Fault.REFUSED);
    listen("x-gateway: file://" + secret);

    assertThat(status()).isEqualTo(403);
    assertThat(bedrock.asked()).isEqualTo(1);
  }

  @Test
  void whatAGatewayRefusesIsReadAnewOnceAndNotForEveryCall() throws Exception {
    var secret = Files.writeString(folder.resolve("gateway"), "red");
    bedrock.fail(FakeBedrock.Fault.REFUSED_BY_A_GATEWAY);
    listen("x-gateway: file://" + secret);

    for (var calls = 1; calls <= 5; calls++) {
      assertThat(status()).isEqualTo(403);
      assertThat(bedrock.asked()).isEqualTo(calls + 1);
    }
  }

  @Test
  void aGatewaysKeyLeavesTheSignatureAndATokenReplacesIt() throws Exception {
    listen("x-api-key: gateway-key");
    assertThat(status()).isEqualTo(200);
    assertThat(bedrock.seen().getFirst().headers())
        .containsEntry("X-api-key", List.of("gateway-key"));

    listen("authorization: Bearer t");
    // It is not signed then, and the fake wants a signature.
    assertThat(status()).isEqualTo(403);
  }

  private void listen(String headers) throws IOException {
    if (proxy != null) {
      proxy.close();
    }
    proxy =
        new SocketModelProxy(
            actors.system(),
            NodeConfig.from(
                    NodeConfig.load(
                        Map.of(
                            "ash.model.provider",
                            "bedrock",
                            "ash.model.base-url",
                            bedrock.url(),
                            "ash.model.region",
                            FakeBedrock.REGION,
                            "ash.model.custom-headers",
                            headers)))
                .model(),
            ledger.needs());
    proxy.listen(TestLedger.account(SESSION, _ -> {}), socket());
  }

  private int status() throws IOException {
    return RawClient.call(
            socket(),
            RawClient.post(
                "/v1/messages",
                "{\"model\":\"anthropic.claude-haiku-4-5-20251001-v1:0\",\"max_tokens\":10,"
                    + "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}"))
        .status();
  }

  private Path socket() {
    return folder.resolve("model.sock");
  }
}
