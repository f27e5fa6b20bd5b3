package dev.ash.node.work;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ash.protocol.id.TenantId;
import java.util.ArrayList;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class FairShareTest {
  private static final TenantId ACME = new TenantId("acme");
  private static final TenantId OTHER = new TenantId("other");

  private final FairShare share = new FairShare();

  @Test
  void whoHasLeastAtWorkIsServed() {
    assertThat(share.next(Map.of(ACME, 2, OTHER, 1))).contains(OTHER);
    assertThat(share.next(Map.of(ACME, 0, OTHER, 1))).contains(ACME);
    assertThat(share.next(Map.of())).isEmpty();
  }

  @Test
  void equalsTakeTurns() {
    var order = new ArrayList<TenantId>();
    for (var i = 0; i < 4; i++) {
      var next = share.next(Map.of(ACME, 0, OTHER, 0)).orElseThrow();
      share.served(next);
      order.add(next);
    }

    assertThat(order).containsExactly(ACME, OTHER, ACME, OTHER);
  }

  @Test
  void whoHasLeastIsServedAlsoRightAfterItWas() {
    share.served(OTHER);

    assertThat(share.next(Map.of(ACME, 3, OTHER, 1))).contains(OTHER);
  }

  @Test
  void ofEqualsTheOneThatWaitedLongestIsServed() {
    share.served(ACME);
    assertThat(share.next(Map.of(ACME, 1, OTHER, 1))).contains(OTHER);

    share.served(OTHER);
    assertThat(share.next(Map.of(ACME, 1, OTHER, 1))).contains(ACME);

    share.served(ACME);
    assertThat(share.next(Map.of(ACME, 1, OTHER, 1))).contains(OTHER);
  }
}
