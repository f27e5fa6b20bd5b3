package dev.ash.protocol.json;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class JsonTest {

  @ParameterizedTest
  @ValueSource(strings = {"", " ", "{} {}", "{}x", "1 2", "{}]", "{"})
  void takesNothingButOneValue(String text) {
    assertThat(Json.parse(text)).isEmpty();
  }

  @Test
  void takesAValueWithSpaceAround() {
    assertThat(Json.parse(" {\"a\":1}\n")).contains(Json.object().put("a", 1));
  }
}
