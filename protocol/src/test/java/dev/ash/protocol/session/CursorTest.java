package dev.ash.protocol.session;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class CursorTest {

  @Test
  void isReadAsItWasWritten() {
    for (var cursor :
        new Cursor[] {Cursor.START, Cursor.after(7), Cursor.before(7), new Cursor(12, 3)}) {
      assertThat(Cursor.parse(cursor.toString())).contains(cursor);
    }
  }

  @Test
  void takesABareSequenceForTheWholeEvent() {
    assertThat(Cursor.parse(" 7 ")).contains(Cursor.after(7));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "x", "-1", "1.", ".1", "1.-1", "1.2147483648", "1.9999999999", "1.2.3", "1e3"})
  void isNothingElse(String text) {
    assertThat(Cursor.parse(text)).isEmpty();
  }
}
