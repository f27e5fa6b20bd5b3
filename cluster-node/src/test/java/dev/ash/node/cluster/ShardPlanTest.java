package dev.ash.node.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ash.node.cluster.ShardPlan.Place;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class ShardPlanTest {

  @Test
  void givesAShardToTheNodeWithTheFewestForItsCapacity() {
    var plan =
        new ShardPlan<>(
            List.of(
                node("small", 10, shards(0, 4), Set.of()),
                node("large", 100, shards(4, 14), Set.of())));

    assertThat(plan.home()).contains("large");
  }

  @Test
  void givesNoShardToANodeThatLeaves() {
    var leaving = new Place<>("leaving", 100, false, true, Set.of(), Set.of());
    var plan = new ShardPlan<>(List.of(leaving, node("staying", 100, shards(0, 60), Set.of())));

    assertThat(plan.home()).contains("staying");
  }

  @Test
  void givesShardsToTheNewestVersionFirst() {
    var old = new Place<>("old", 100, true, false, Set.of(), Set.of());
    var plan = new ShardPlan<>(List.of(old, node("new", 100, shards(0, 60), Set.of())));

    assertThat(plan.home()).contains("new");
  }

  @Test
  void hasNoHomeWithoutNodes() {
    assertThat(new ShardPlan<String>(List.of()).home()).isEmpty();
  }

  @Test
  void movesATenthOfTheShardsAtATimeToANodeThatJoined() {
    var plan =
        new ShardPlan<>(
            List.of(
                node("a", 100, shards(0, 30), Set.of()),
                node("b", 100, shards(30, 60), Set.of()),
                node("c", 100, Set.of(), Set.of())));

    assertThat(plan.moves()).hasSize(6);
  }

  @Test
  void leavesShardsWithARunningTurnWhereTheyAre() {
    var busy = new HashSet<>(shards(0, 59));
    var plan =
        new ShardPlan<>(
            List.of(node("a", 100, shards(0, 60), busy), node("b", 100, Set.of(), Set.of())));

    assertThat(plan.moves()).containsExactly("59");
  }

  @Test
  void movesNothingWhenEveryNodeHasItsShare() {
    var plan =
        new ShardPlan<>(
            List.of(
                node("a", 100, shards(0, 21), Set.of()),
                node("b", 100, shards(21, 41), Set.of()),
                node("c", 100, shards(41, 60), Set.of())));

    assertThat(plan.moves()).isEmpty();
  }

  @Test
  void movesNothingWhileNodesOfTwoVersionsAreThere() {
    var old = new Place<>("old", 100, true, false, shards(0, 60), Set.of());
    var plan = new ShardPlan<>(List.of(old, node("new", 100, Set.of(), Set.of())));

    assertThat(plan.moves()).isEmpty();
  }

  @Test
  void comesToRestWhateverTheCapacities() {
    for (var capacity : List.of(1, 7, 60, 1000)) {
      var a = new HashSet<>(shards(0, 60));
      var b = new HashSet<String>();
      var rounds = 0;
      while (true) {
        var plan =
            new ShardPlan<>(List.of(node("a", 50, a, Set.of()), node("b", capacity, b, Set.of())));
        var moves = plan.moves();
        if (moves.isEmpty()) {
          break;
        }
        assertThat(rounds++).isLessThan(60);
        moves.forEach(
            shard -> {
              a.remove(shard);
              b.remove(shard);
              var home =
                  new ShardPlan<>(
                          List.of(node("a", 50, a, Set.of()), node("b", capacity, b, Set.of())))
                      .home()
                      .orElseThrow();
              (home.equals("a") ? a : b).add(shard);
            });
      }
      assertThat(a.size() + b.size()).isEqualTo(60);
      assertThat((double) b.size()).isBetween(60.0 * capacity / (50 + capacity) - 2.5, 60.0);
    }
  }

  private static Place<String> node(
      String name, int capacity, Set<String> shards, Set<String> busy) {
    return new Place<>(name, capacity, true, true, shards, busy);
  }

  private static Set<String> shards(int from, int to) {
    return IntStream.range(from, to).mapToObj(Integer::toString).collect(Collectors.toSet());
  }
}
