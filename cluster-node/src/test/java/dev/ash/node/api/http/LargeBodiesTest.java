package dev.ash.node.api.http;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class LargeBodiesTest {

  @Test
  void letsInWhatFitsAndAlwaysOne() {
    var bodies = new LargeBodies(100);
    var first = bodies.charge();
    var second = bodies.charge();

    assertThat(first.add(90)).isTrue();
    assertThat(first.add(60)).isTrue();
    assertThat(second.add(1)).isFalse();
    assertThat(second.add(0)).isTrue();
    first.giveBack();
    first.giveBack();
    assertThat(second.add(60)).isTrue();
    assertThat(first.add(40)).isTrue();
    assertThat(first.add(1)).isFalse();
    second.giveBack();
    assertThat(first.add(1)).isTrue();
  }
}
