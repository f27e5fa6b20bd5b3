package dev.ash.gateway.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import javax.security.auth.x500.X500Principal;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class CertificateNameTest {
  /** A letter that looks like {@code a} and that Java takes for it. */
  private static final String LOOKS_LIKE_A = "\uFF41";

  @Test
  void lettersThatOnlyLookAlikeNameNobody() {
    var real = new X500Principal("CN=agent,O=Example");
    var alike = new X500Principal("CN=" + LOOKS_LIKE_A + "gent,O=Example");
    assertThat(alike).as("why this has to be looked at").isEqualTo(real);

    assertThat(CertificateName.subject(real)).isPresent();
    assertThat(CertificateName.subject(alike)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"CN=\uFF41gent", "dns:\uFF41gent.example", "dns:", "", "agent"})
  void refusesWhatNoCertificateIsComparedBy(String text) {
    assertThatThrownBy(() -> CertificateName.of("certificates", text))
        .isInstanceOf(ConfigException.class)
        .hasMessageStartingWith("certificates: " + text + " (expected: a subject such as");
  }
}
