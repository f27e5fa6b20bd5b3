package dev.ash.protocol.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class IfMatchTest {
  private static final EntityTag CURRENT = EntityTag.strong("a-2");

  @ParameterizedTest
  @ValueSource(
      strings = {"*", " * ", "\"a-2\"", "\"a-1\", \"a-2\"", ",, \"a-2\" ,", "W/\"a-2\",\"a-2\""})
  void allowsTheCurrentState(String header) {
    assertThat(IfMatch.parse(header).orElseThrow().allows(CURRENT)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"\"a-1\"", "W/\"a-2\"", "\"A-2\"", "\"\"", "\"a-2,\"", "\"*\""})
  void allowsNoOtherStateAndNoWeakTag(String header) {
    assertThat(IfMatch.parse(header).orElseThrow().allows(CURRENT)).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        ",",
        "a-2",
        "\"a-2",
        "\"a\" \"b\"",
        "*, \"a\"",
        "w/\"a\"",
        "\"a b\"",
        "\"a\"x"
      })
  void readsNothingElse(String header) {
    assertThat(IfMatch.parse(header)).isEmpty();
  }

  @Test
  void keepsEveryTagOfAList() {
    assertThat(IfMatch.parse("\"a\", W/\"b,c\""))
        .contains(new IfMatch.OneOf(List.of(EntityTag.strong("a"), new EntityTag("b,c", true))));
  }

  @Test
  void aTagHoldsNoQuoteAndIsWrittenInQuotes() {
    assertThat(CURRENT).hasToString("\"a-2\"");
    assertThat(new EntityTag("x", true)).hasToString("W/\"x\"");
    assertThatThrownBy(() -> EntityTag.strong("a\"b")).hasMessageContaining("not an entity tag");
  }
}
