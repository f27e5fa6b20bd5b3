package dev.ash.node.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

final class UidsTest {
  @Test
  void givesEachUserOnceUntilItIsFreed() throws Exception {
    var uids = new Uids(true, 200_000, 3, new Random(1));
    var taken = new TreeSet<Integer>();
    for (var i = 0; i < 3; i++) {
      taken.add(uids.take());
    }

    assertThat(taken).containsExactly(200_000, 200_001, 200_002);
    assertThatThrownBy(uids::take).hasMessageContaining("ash.sandbox.uid-count");
    uids.free(200_001);
    assertThat(uids.take()).isEqualTo(200_001);
  }

  @Test
  void doesNotGiveAUserAgainAtOnce() throws Exception {
    var uids = new Uids(true, 200_000, 100, new Random(1));
    var first = uids.take();
    uids.free(first);

    assertThat(uids.take()).isNotEqualTo(first);
  }

  @Test
  void hasOnlyItsOwnWithoutRoot() throws Exception {
    var uids = new Uids(false, 200_000, 1, new Random(1));

    assertThat(uids.take()).isEqualTo(Uids.OWN);
    assertThat(uids.take()).isEqualTo(Uids.OWN);
  }
}
