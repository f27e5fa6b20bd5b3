package dev.ash.bridge;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class EndMarkTest {
  private final EndMark mark = new EndMark("name");

  private String passed(String text) {
    var bytes = text.getBytes(ISO_8859_1);
    var rest = new String(mark.without(bytes, bytes.length), ISO_8859_1);
    mark.tell();
    return rest;
  }

  @Test
  void takesTheLineOutAndKnowsTheCode() {
    assertThat(passed("before\036name 137\nafter")).isEqualTo("beforeafter");
    assertThat(mark.code()).isCompletedWithValue(137);
  }

  @Test
  void findsALineThatComesByteByByte() {
    var rest = new StringBuilder();
    for (var part : "a\n\036name 0\nb".split("", -1)) {
      rest.append(passed(part));
    }
    assertThat(rest).hasToString("a\nb");
    assertThat(mark.code()).isCompletedWithValue(0);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\036other 1\n",
        "\036name x\n",
        "\036name \n",
        "\036name 007x",
        "\036name 1234\n",
        "name 1\n",
        "\036\036\036"
      })
  void passesWhatOnlyLooksLikeIt(String text) {
    var rest = passed(text) + new String(mark.rest(), ISO_8859_1);
    assertThat(rest).isEqualTo(text);
    assertThat(mark.code()).isNotDone();
  }

  @Test
  void findsALineBehindTheBeginningOfAnother() {
    assertThat(passed("\036na\036name 3\n")).isEqualTo("\036na");
    assertThat(mark.code()).isCompletedWithValue(3);
  }

  @Test
  void holdsBackOnlyWhatMayBeTheLine() {
    assertThat(passed("text\036nam")).isEqualTo("text");
    assertThat(new String(mark.rest(), ISO_8859_1)).isEqualTo("\036nam");
  }
}
