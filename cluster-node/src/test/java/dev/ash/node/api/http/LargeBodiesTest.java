package dev.ash.node.api.http;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class LargeBodiesTest {

  @Test
  void letsInWhatFitsAndAlwaysOne() {
    var bodies = new LargeBodies(100);

    assertThat(bodies.take(150)).isTrue();
    assertThat(bodies.take(1)).isFalse();
    assertThat(bodies.take(0)).isTrue();
    bodies.giveBack(150);
    assertThat(bodies.take(60)).isTrue();
    assertThat(bodies.take(40)).isTrue();
    assertThat(bodies.take(1)).isFalse();
    bodies.giveBack(40);
    assertThat(bodies.take(1)).isTrue();
  }
}
