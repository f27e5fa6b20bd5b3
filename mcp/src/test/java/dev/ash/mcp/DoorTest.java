package dev.ash.mcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class DoorTest {
  private final Door open = new Door("127.0.0.1", List.of("Ash.example"), Optional.empty());

  @ParameterizedTest
  @ValueSource(
      strings = {"localhost:4300", "127.0.0.1:1", "[::1]:4300", "LOCALHOST", "ash.example:80"})
  void letsItsOwnNamesIn(String host) {
    assertThat(open.refusal(host, null, null)).isEmpty();
    assertThat(open.refusal(host, "http://" + host, null)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"evil.example", "localhost.evil.example:4300", "127.0.0.1.evil.example", ""})
  void keepsOtherNamesOut(String host) {
    assertThat(open.refusal(host, null, null).orElseThrow().status()).isEqualTo(403);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"https://evil.example", "null", "file://", "http://localhost@evil.example", "::"})
  void keepsWebPagesOut(String origin) {
    assertThat(open.refusal("localhost:4300", origin, null).orElseThrow().status()).isEqualTo(403);
  }

  @Test
  void keepsOutWhoDoesNotSayWhomItMeans() {
    assertThat(open.refusal(null, null, null)).isPresent();
  }

  @Test
  void wantsTheKeyWhenThereIsOne() {
    var door = new Door("0.0.0.0", List.of("ash.example"), Optional.of("k"));

    assertThat(door.refusal("ash.example", null, "bearer k")).isEmpty();
    assertThat(door.refusal("ash.example", null, null).orElseThrow().status()).isEqualTo(401);
    assertThat(door.refusal("ash.example", null, "Bearer kk").orElseThrow().status())
        .isEqualTo(401);
    assertThat(door.refusal("ash.example", null, "Basic k").orElseThrow().status()).isEqualTo(401);
  }

  @Test
  void listensToOthersOnlyWithAKey() {
    assertThatThrownBy(() -> new Door("0.0.0.0", List.of(), Optional.empty()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("ASH_MCP_KEY");
  }
}
