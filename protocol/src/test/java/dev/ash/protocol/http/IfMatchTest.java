package dev.ash.protocol.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Optional;
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
  void saysWhyAChangeIsNotWanted() {
    var there = Optional.of(CURRENT);
    var nothing = Optional.<EntityTag>empty();
    var other = new IfMatch.OneOf(List.of(EntityTag.strong("a-1")));

    assertThat(new IfMatch.Any().mismatch(there)).isEmpty();
    assertThat(new IfMatch.Any().mismatch(nothing)).isEmpty();
    assertThat(new IfMatch.Present().mismatch(there)).isEmpty();
    assertThat(new IfMatch.Present().mismatch(nothing)).contains(new Mismatch.Missing());
    assertThat(new IfMatch.Absent().mismatch(there)).contains(new Mismatch.Exists(CURRENT));
    assertThat(new IfMatch.Absent().mismatch(nothing)).isEmpty();
    assertThat(other.mismatch(there)).contains(new Mismatch.Changed(CURRENT));
    assertThat(other.mismatch(nothing)).contains(new Mismatch.Missing());
    assertThat(new IfMatch.OneOf(List.of(CURRENT)).mismatch(there)).isEmpty();
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
