package dev.ash.node.auth;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ash.config.AuthConfig;
import dev.ash.config.Secret;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class AuthHeaderTest {

  @Test
  void readsABearerToken() {
    assertThat(AuthHeader.parse(List.of("Bearer ash_x")))
        .isEqualTo(new AuthHeader.Present("ash_x"));
    assertThat(AuthHeader.parse(List.of("bearer x"))).isEqualTo(new AuthHeader.Present("x"));
    assertThat(AuthHeader.parse(List.of("BEARER x"))).isEqualTo(new AuthHeader.Present("x"));
    assertThat(AuthHeader.parse(List.of("Bearer "))).isEqualTo(new AuthHeader.Present(""));
  }

  @Test
  void knowsThatThereIsNone() {
    assertThat(AuthHeader.parse(List.of())).isEqualTo(new AuthHeader.Missing());
    assertThat(AuthHeader.Missing.TEXT).isEqualTo("Missing Authorization header");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "Basic",
        "Basic dXNlcjpwYXNz",
        "Bearer",
        "Bearer a b",
        "Bearer  a",
        " Bearer a",
        "Bearer\ta",
        "ash_x",
        "Bearera"
      })
  void refusesAnyOtherForm(String value) {
    assertThat(AuthHeader.parse(List.of(value))).isEqualTo(new AuthHeader.Malformed());
    assertThat(AuthHeader.Malformed.TEXT).isEqualTo("Invalid Authorization header format");
  }

  @Test
  void refusesTwoHeadersEvenWhenBothAreFine() {
    assertThat(AuthHeader.parse(List.of("Bearer a", "Bearer a")))
        .isEqualTo(new AuthHeader.Malformed());
  }

  @Test
  void doesNotPrintTheKey() {
    assertThat(AuthHeader.parse(List.of("Bearer hidden")).toString()).doesNotContain("hidden");
  }

  @Test
  void letsOnlyTheInternalSecretIn() {
    var config = new AuthConfig(Optional.empty(), List.of(), Optional.of(new Secret("s3cret")));

    assertThat(InternalAccess.of(config, List.of("Bearer s3cret")))
        .isEqualTo(InternalAccess.ALLOWED);
    for (var values :
        List.of(
            List.<String>of(),
            List.of("Bearer s3cre"),
            List.of("Bearer "),
            List.of("s3cret"),
            List.of("Bearer s3cret", "Bearer s3cret"))) {
      assertThat(InternalAccess.of(config, values)).isEqualTo(InternalAccess.WRONG_SECRET);
    }
    assertThat(InternalAccess.WRONG_SECRET.text())
        .isEqualTo("Unauthorized — invalid or missing internal secret");
  }

  @Test
  void letsNobodyInWithoutAnInternalSecret() {
    var config = new AuthConfig(Optional.empty(), List.of(), Optional.empty());

    assertThat(InternalAccess.of(config, List.of("Bearer "))).isEqualTo(InternalAccess.DISABLED);
    assertThat(InternalAccess.DISABLED.text())
        .isEqualTo("Internal endpoints disabled — ASH_INTERNAL_SECRET is required in production");
  }
}
