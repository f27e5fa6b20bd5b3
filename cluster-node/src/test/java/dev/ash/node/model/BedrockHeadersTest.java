package dev.ash.node.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ash.protocol.id.SessionId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** The operator's own headers on the way to Bedrock, and what a refusal does to them. */
@Timeout(60)
final class BedrockHeadersTest {
  private static final SessionId SESSION = SessionId.of(new UUID(1, 3));
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
    listen("x-team: red");
  }

  @AfterEach
  void stop() throws IOException {
    rig.close();
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
    rig.listen(
        Map.of(
            "ash.model.provider",
            "bedrock",
            "ash.model.base-url",
            bedrock.url(),
            "ash.model.region",
            FakeBedrock.REGION,
            "ash.model.custom-headers",
            headers));
  }

  private int status() throws IOException {
    return RawClient.call(
            rig.socket(),
            RawClient.post(
                "/v1/messages",
                "{\"model\":\"anthropic.claude-haiku-4-5-20251001-v1:0\",\"max_tokens\":10,"
                    + "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}"))
        .status();
  }
}
