package dev.ash.node.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ash.config.NodeConfig;
import dev.ash.protocol.id.SessionId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** What a call is answered that the node does not send. */
@Timeout(60)
final class NodeSecretsTest {
  private static final SessionId SESSION = SessionId.of(new UUID(1, 2));
  private static final String ASK =
      "{\"model\":\"claude-haiku-4-5\",\"max_tokens\":10,"
          + "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
  @RegisterExtension private static final TestActors ACTORS = new TestActors();

  @TempDir private Path folder;
  private ModelRig rig;

  @BeforeEach
  void start() throws IOException {
    rig = new ModelRig(folder, ACTORS.system(), SESSION);
    listen(Map.of());
  }

  @AfterEach
  void stop() throws IOException {
    rig.close();
  }

  @Test
  void aHeaderThatCannotBeReadIsSaidByTypeAndIsThereOnceItsFileIs() throws Exception {
    var file = folder.resolve("gateway-secret");
    listen(Map.of("ash.model.custom-headers", "x-gateway: file://" + file));

    var without = RawClient.call(rig.socket(), RawClient.post("/v1/messages", ASK));

    assertThat(without.status()).isEqualTo(503);
    assertThat(without.body())
        .contains("\"type\":\"api_error\"")
        .contains("could not read a credential or header of its own for the model server main")
        .doesNotContain(file.toString());
    assertThat(rig.model().requests()).isZero();
    assertThat(rig.proxy().stats().refused()).isEqualTo(1);

    Files.writeString(file, "red\n");

    assertThat(RawClient.call(rig.socket(), RawClient.post("/v1/messages", ASK)).status())
        .isEqualTo(200);
    assertThat(rig.model().calls().getLast().header("x-gateway")).contains("red");
  }

  @Test
  void aModelThatIsNotAllowedIsNotAskedFor() throws Exception {
    listen(Map.of("ash.model.allow", "*Haiku*, claude-sonnet-4-5"));

    for (var name : List.of("claude-opus-5-5", "claude-sonnet-4-5-x", "\\u0078claude-sonnet-4-5")) {
      for (var path : List.of("/v1/messages", "/v1/messages/count_tokens")) {
        var answer =
            RawClient.call(
                rig.socket(), RawClient.post(path, ASK.replace("claude-haiku-4-5", name)));

        assertThat(answer.status()).isEqualTo(404);
        assertThat(answer.body())
            .contains("\"type\":\"error\"")
            .contains("\"type\":\"not_found_error\"")
            .contains("is none of those this node may call");
      }
    }
    var nameless = RawClient.post("/v1/messages", "{\"max_tokens\":1,\"messages\":[]}");
    assertThat(RawClient.call(rig.socket(), nameless).status()).isEqualTo(404);
    assertThat(rig.model().requests()).isZero();
    assertThat(rig.proxy().stats().refused()).isEqualTo(7);
    assertThat(rig.ledger().calls(SESSION)).isEmpty();

    for (var name : List.of("claude-haiku-4-5", "claude-sonnet-4-5")) {
      var post = RawClient.post("/v1/messages", ASK.replace("claude-haiku-4-5", name));
      assertThat(RawClient.call(rig.socket(), post).status()).isEqualTo(200);
    }
  }

  @Test
  void patternsThatAreNoneStopTheStart() {
    assertThatThrownBy(
            () -> NodeConfig.from(NodeConfig.load(Map.of("ash.model.allow", "claude haiku"))))
        .hasMessageContaining("ASH_MODEL_ALLOW: claude haiku (expected: names of models");
  }

  private void listen(Map<String, String> settings) throws IOException {
    var all = new HashMap<String, Object>(settings);
    all.put("ash.model.base-url", rig.model().url());
    rig.listen(all);
  }
}
