package dev.ash.protocol.session;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class CursorTest {

  @Test
  void everyCursorIsReadBackFromItsText() {
    assertThat(Cursor.parse(Cursor.START.toString())).contains(Cursor.START);
    assertThat(Cursor.parse(Cursor.before(7).toString())).contains(Cursor.before(7));
    assertThat(Cursor.parse("7.2")).contains(new Cursor(7, 2));
  }

  @Test
  void bareSequenceStandsForAllFramesOfItsEvent() {
    assertThat(Cursor.parse("7")).contains(Cursor.after(7));
  }

  @Test
  void frameBeyondAllNumbersIsTheLastOne() {
    assertThat(Cursor.parse("7.9999999999")).contains(Cursor.after(7));
  }

  @Test
  void otherTextIsNoCursor() {
    assertThat(Cursor.parse("7.")).isEmpty();
    assertThat(Cursor.parse("-1.1")).isEmpty();
    assertThat(Cursor.parse("7.12345678901")).isEmpty();
  }
}
