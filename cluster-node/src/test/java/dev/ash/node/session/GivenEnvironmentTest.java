package dev.ash.node.session;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ash.config.Secret;
import dev.ash.node.credentials.SessionCredentials.Choice;
import dev.ash.protocol.session.Rejection;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class GivenEnvironmentTest {

  @ParameterizedTest
  @ValueSource(strings = {"FOO", "_x9", "NODE_OPTIONS", "GIT_AUTHOR_NAME", "ASH_SANDBOX_ALLOW"})
  void takesWhatConcernsTheSandboxAlone(String name) {
    assertThat(GivenEnvironment.refusal(Map.of(name, "secret-1"))).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "PATH",
        "HOME",
        "LD_PRELOAD",
        "LD_LIBRARY_PATH",
        "ANTHROPIC_UNIX_SOCKET",
        "ANTHROPIC_BASE_URL",
        "ANTHROPIC_CUSTOM_HEADERS",
        "CLAUDE_CONFIG_DIR",
        "",
        "1A",
        "A=B",
        "A B",
        "Ä"
      })
  void saysWhichOneItDoesNotTakeAndNoValue(String name) {
    assertThat(GivenEnvironment.refusal(Map.of(name, "secret-1", "FOO", "secret-2")))
        .hasValueSatisfying(
            why -> {
              assertThat(why.code()).isEqualTo(Rejection.Code.INVALID);
              assertThat(why.detail())
                  .startsWith("extraEnv: ")
                  .contains(name)
                  .contains("(expected: ")
                  .doesNotContain("secret");
            });
  }

  @Test
  void isBounded() {
    var many = new HashMap<String, String>();
    for (var i = 0; i < 10_000; i++) {
      many.put("V" + i, "");
    }
    assertThat(GivenEnvironment.refusal(many).orElseThrow().detail())
        .isEqualTo("extraEnv: 10000 variables (expected: at most 256)");
    assertThat(GivenEnvironment.refusal(Map.of("A", "x".repeat(131_073))).orElseThrow().detail())
        .isEqualTo("extraEnv: values of 131073 characters together (expected: at most 131072)");
    assertThat(GivenEnvironment.refusal(Map.of("A", "x\0y")).orElseThrow().detail())
        .isEqualTo("extraEnv: A has a NUL character");
    assertThat(GivenEnvironment.refusal(Map.of("A", "\u0001sealed:1:x")).orElseThrow().detail())
        .isEqualTo("extraEnv: A begins like a sealed value (expected: another beginning)");
  }

  @Test
  void aKeyAmongThemIsTheSessionsOwn() {
    assertThat(GivenEnvironment.key(Map.of("FOO", "x", "ANTHROPIC_API_KEY", " "))).isEmpty();
    assertThat(GivenEnvironment.key(Map.of("ANTHROPIC_API_KEY", "k", "ANTHROPIC_AUTH_TOKEN", "t")))
        .contains(new Choice.OfSession("x-api-key", new Secret("k")));
    assertThat(GivenEnvironment.key(Map.of("ANTHROPIC_AUTH_TOKEN", "t")))
        .contains(new Choice.OfSession("authorization", new Secret("Bearer t")));
    assertThat(GivenEnvironment.key(Map.of("ANTHROPIC_API_KEY", "a\nb")))
        .contains(
            new Choice.Unusable(
                "its ANTHROPIC_API_KEY has characters that no HTTP header may have"));
  }
}
