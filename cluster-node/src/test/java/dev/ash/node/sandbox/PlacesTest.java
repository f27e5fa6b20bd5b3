package dev.ash.node.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ash.node.sandbox.Places.Place;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class PlacesTest {
  private final List<String> asked = new ArrayList<>();
  private Instant now = Instant.EPOCH;
  private final Places places = new Places(2, () -> now);

  private Place idle(String name) {
    var place = places.tryTake(() -> asked.add(name)).orElseThrow();
    now = now.plusSeconds(1);
    place.idle();
    return place;
  }

  @Test
  void longestIdleGivesWay() {
    var first = idle("first");
    idle("second");

    var wanted = places.take(() -> {}).toCompletableFuture();
    assertThat(asked).containsExactly("first");
    assertThat(wanted).isNotDone();

    first.close();
    assertThat(wanted).isDone();
  }

  @Test
  void anotherIsAskedWhenTheOneThatWasAskedWentBackToWork() {
    var first = idle("first");
    var second = idle("second");

    var wanted = places.take(() -> {}).toCompletableFuture();
    first.busy();
    assertThat(asked).containsExactly("first", "second");

    second.close();
    assertThat(wanted).isDone();
  }

  @Test
  void whoDidNotGiveWayIsAskedAgainWhenItIsIdleAgain() {
    var first = idle("first");
    idle("second").busy();

    places.take(() -> {});
    first.busy();
    first.idle();

    assertThat(asked).containsExactly("first", "first");
  }

  @Test
  void placeThatComesTooLateIsFreeAgain() {
    var first = idle("first");
    idle("second");
    var wanted = places.take(() -> {}).toCompletableFuture();

    wanted.cancel(false);
    first.close();

    assertThat(places.tryTake(() -> {})).isPresent();
  }
}
