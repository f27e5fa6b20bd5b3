package dev.ash.node.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ash.config.NodeConfig;
import dev.ash.config.SandboxConfig;
import dev.ash.config.Secret;
import dev.ash.node.credentials.SessionCredentials.Choice;
import dev.ash.protocol.id.SessionId;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** What programs in a sandbox are given, and what cannot be given. */
@Timeout(60)
final class GivenCredentialsTest {
  private static final SessionId SESSION = SessionId.of(new UUID(1, 2));
  @RegisterExtension private static final TestActors ACTORS = new TestActors();

  @TempDir private Path folder;

  @Test
  void namesAreThoseOfSdksAndValuesThoseOfNow() throws Exception {
    var file = Files.writeString(folder.resolve("token"), "first\n");
    var settings =
        Map.of(
            "ash.model.auth-token-file", file.toString(),
            "ash.model.custom-headers", "x-a: 1,x-b: 2",
            "ash.model.base-url", "https://gateway.example.org/v1");

    assertThat(given(settings, new Choice.OfNode()))
        .isEqualTo(
            Map.of(
                "ANTHROPIC_AUTH_TOKEN", "first",
                "ANTHROPIC_CUSTOM_HEADERS", "x-a: 1\nx-b: 2",
                "ASH_MODEL_BASE_URL", "https://gateway.example.org"));
    Files.writeString(file, "second\n");
    assertThat(given(settings, new Choice.OfNode()))
        .containsEntry("ANTHROPIC_AUTH_TOKEN", "second");
  }

  @Test
  void nothingOfTheNodesGoesWithASessionsOwnKey() throws Exception {
    var settings =
        Map.of(
            "ash.model.api-key", "node",
            "ash.model.custom-headers", "authorization: Bearer node,x-team: red");

    assertThat(given(settings, new Choice.OfSession("x-api-key", new Secret("own"))))
        .containsEntry("ANTHROPIC_API_KEY", "own")
        .doesNotContainKeys("ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_CUSTOM_HEADERS");
    assertThat(given(settings, new Choice.Unusable("it was deleted")))
        .containsOnlyKeys("ASH_MODEL_BASE_URL");
  }

  @Test
  void whatCannotBeReadIsSaidWithoutItsPlace() {
    var settings = Map.of("ash.model.api-key-file", folder.resolve("none").toString());

    assertThatThrownBy(() -> given(settings, new Choice.OfNode()))
        .cause()
        .hasMessage("the model's credential could not be read; the node's log says why");
  }

  @Test
  void whatCannotBeGivenStopsTheStart() {
    assertThatThrownBy(() -> config(Map.of("ash.sandbox.credentials", "both")))
        .hasMessage("ASH_SANDBOX_CREDENTIALS: both (expected: proxy or env)");
    assertThatThrownBy(
            () -> inside(Map.of("ash.model.provider", "bedrock", "ash.model.region", "eu-west-1")))
        .hasMessageContaining("ASH_SANDBOX_CREDENTIALS: env with an ASH_MODEL_PROVIDER that is not")
        .hasMessageContaining("expected: proxy");
    assertThatThrownBy(
            () ->
                inside(
                    Map.of(
                        "ash.model.token-url", "https://login.example.org/token",
                        "ash.model.client-id", "id",
                        "ash.model.client-secret", "secret")))
        .hasMessageContaining("env with ASH_MODEL_TOKEN_URL (expected: proxy");
    assertThatThrownBy(
            () ->
                inside(
                    Map.of(
                        "ash.model.client-cert-file", "/c.pem",
                        "ash.model.client-key-file", "/k.pem")))
        .hasMessageContaining("env with ASH_MODEL_CLIENT_CERT_FILE");
    assertThatThrownBy(
            () -> inside(Map.of("ash.model.base-url", "https://user:secret@gateway.example.org")))
        .hasMessageContaining("env with a user in ANTHROPIC_BASE_URL")
        .hasMessageNotContaining("secret");
  }

  private static NodeConfig inside(Map<String, String> settings) {
    var all = new HashMap<String, Object>(settings);
    all.put("ash.sandbox.credentials", "env");
    return config(all);
  }

  private static NodeConfig config(Map<String, ?> settings) {
    return NodeConfig.from(NodeConfig.load(settings));
  }

  private Map<String, String> given(Map<String, String> settings, Choice choice) throws Exception {
    try (var ledger = TestLedger.open(folder);
        var proxy =
            new SocketModelProxy(
                ACTORS.system(),
                inside(settings).model(),
                ledger.needs(
                    _ -> CompletableFuture.completedStage(choice),
                    SandboxConfig.Credentials.ENV))) {
      return proxy.given(SESSION).toCompletableFuture().get();
    }
  }
}
