package dev.ash.gateway.keys;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ash.gateway.keys.KeyRing.Change;
import dev.ash.gateway.keys.KeyRing.Reason;
import dev.ash.gateway.keys.StoredKey.State;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class KeyRingTest {
  private static final Instant NOW = Instant.parse("2026-11-27T00:00:00Z");
  private static final Duration DAY = Duration.ofDays(1);

  private final KeyMaker maker = new KeyMaker(text -> "hash of " + text);

  @Test
  void aKeyLivesItsLifeAndIsWorthAWarningInItsLastWeek() {
    var key = maker.make("team-a", "", NOW, KeyMaker.USUAL_LIFE).stored();
    var end = NOW.plus(Duration.ofDays(90));

    assertThat(key.expires()).isEqualTo(end);
    assertThat(key.state(end.minus(Duration.ofDays(7)).minusSeconds(1))).isEqualTo(State.ACTIVE);
    assertThat(key.state(end.minus(Duration.ofDays(7)))).isEqualTo(State.ENDING);
    assertThat(key.state(end.minusSeconds(1))).isEqualTo(State.ENDING);
    assertThat(key.state(end)).isEqualTo(State.EXPIRED);
    assertThat(key.revokedAt(NOW).state(NOW)).isEqualTo(State.REVOKED);
  }

  @Test
  void aRotatedKeyGoesOnForTheOverlapAndNeedsNoRenewal() {
    var old = maker.make("team-a", "ci", NOW, KeyMaker.USUAL_LIFE);
    var next = maker.unnamed(NOW, KeyMaker.USUAL_LIFE);

    var ring = changed(ringOf(old).rotate(old.stored().id(), next, DAY, NOW));

    assertThat(ring.keys()).hasSize(2).last().isEqualTo(next.of("team-a", "ci").stored());
    var first = ring.withId(old.stored().id()).orElseThrow();
    assertThat(first.expires()).isEqualTo(NOW.plus(DAY));
    assertThat(first.successor()).contains(next.id());
    assertThat(first.state(NOW)).isEqualTo(State.ENDING);
    assertThat(first.needsRenewal(NOW)).isFalse();
  }

  @Test
  void anEndHasNoFractionsOfASecond() {
    var now = NOW.plusMillis(1_500);
    var old = maker.make("team-a", "", NOW, KeyMaker.USUAL_LIFE);
    var next = maker.unnamed(now, DAY);

    var ring = changed(ringOf(old).rotate(old.stored().id(), next, DAY, now));

    assertThat(ring.keys().getFirst().expires()).isEqualTo(NOW.plus(DAY).plusSeconds(1));
  }

  @Test
  void anOverlapDoesNotLengthenALife() {
    var old = maker.make("team-a", "", NOW, Duration.ofHours(1));
    var next = maker.unnamed(NOW, DAY);

    var ring = changed(ringOf(old).rotate(old.stored().id(), next, DAY, NOW));

    assertThat(ring.keys().getFirst().expires()).isEqualTo(NOW.plus(Duration.ofHours(1)));
  }

  @Test
  void refusesToRenewWhatHasEndedOrWasRenewed() {
    var old = maker.make("team-a", "", NOW, DAY);
    var next = maker.unnamed(NOW, DAY);
    var id = old.stored().id();
    var ring = ringOf(old);

    assertThat(refused(ring.rotate(id, next, DAY, NOW.plus(DAY)))).isEqualTo(Reason.ENDED);
    assertThat(refused(changed(ring.revoke(id, NOW)).rotate(id, next, DAY, NOW)))
        .isEqualTo(Reason.ENDED);
    assertThat(refused(changed(ring.rotate(id, next, DAY, NOW)).rotate(id, next, DAY, NOW)))
        .isEqualTo(Reason.ENDED);
    assertThat(refused(ring.rotate("key-0", next, DAY, NOW))).isEqualTo(Reason.UNKNOWN);
    assertThat(refused(ring.revoke("key-0", NOW))).isEqualTo(Reason.UNKNOWN);
  }

  @Test
  void revokingTwiceKeepsTheFirstTime() {
    var key = maker.make("team-a", "", NOW, KeyMaker.USUAL_LIFE);
    var id = key.stored().id();

    var once = changed(ringOf(key).revoke(id, NOW.plus(DAY)));
    var twice = changed(once.revoke(id, NOW.plus(DAY).plus(DAY)));

    assertThat(twice.keys().getFirst().revoked()).contains(NOW.plus(DAY));
  }

  @Test
  void whatEndedIsForgottenAfterAMonth() {
    var key = maker.make("team-a", "", NOW, DAY);
    var other = maker.make("team-b", "", NOW, KeyMaker.USUAL_LIFE);
    var ring = ringOf(key);

    assertThat(changed(ring.add(other, NOW.plus(Duration.ofDays(30)))).keys()).hasSize(2);
    assertThat(changed(ring.add(other, NOW.plus(Duration.ofDays(31)))).keys())
        .containsExactly(other.stored());
  }

  @Test
  void aFullStoreTakesNoMore() {
    var full =
        new KeyRing(
            IntStream.range(0, KeyRing.MOST)
                .mapToObj(
                    n ->
                        new StoredKey(
                            "key-" + n,
                            "team-a",
                            "",
                            "hash",
                            NOW,
                            NOW.plus(DAY),
                            Optional.empty(),
                            Optional.empty()))
                .toList());

    assertThat(refused(full.add(maker.make("team-a", "", NOW, DAY), NOW))).isEqualTo(Reason.FULL);
  }

  @Test
  void aConsumerIsThoseWhoWereNamedAndWhoseKeysAreGood() {
    var key = maker.make("team-a", "", NOW, DAY);
    var bob = new StoredConsumer("bob", NOW);
    var ring = changed(ringOf(key).name(bob, NOW));

    assertThat(ring.consumersAt(NOW))
        .extracting(StoredConsumer::name)
        .containsExactly("bob", "team-a");
    assertThat(ring.consumersAt(NOW.plus(DAY))).containsExactly(bob);
    assertThat(refused(ring.name(bob, NOW))).isEqualTo(Reason.TAKEN);
    assertThat(refused(ring.name(new StoredConsumer("team-a", NOW), NOW))).isEqualTo(Reason.TAKEN);
    assertThat(new StoredConsumer("bob", NOW.plus(DAY)).id()).isEqualTo(bob.id());
    assertThat(new StoredConsumer("bo", NOW).id()).isNotEqualTo(bob.id());

    var without = changed(changed(ring.forget("team-a", NOW)).forget("bob", NOW));
    assertThat(without.consumersAt(NOW)).isEmpty();
    assertThat(without.keys().getFirst().state(NOW)).isEqualTo(State.REVOKED);
    assertThat(changed(without.name(bob, NOW)).consumersAt(NOW)).containsExactly(bob);
  }

  @Test
  void aKeyThatSomebodyChoseIsThereOnce() {
    var chosen = maker.given("chosen", NOW, DAY).of("team-a", "");
    var ring = ringOf(chosen);
    var again = maker.given("chosen", NOW, DAY).of("team-b", "");

    assertThat(refused(ring.add(again, NOW))).isEqualTo(Reason.TAKEN);
    var revoked = changed(ring.revoke(chosen.stored().id(), NOW));
    assertThat(refused(revoked.add(again, NOW))).isEqualTo(Reason.TAKEN);
  }

  @Test
  void remindsOfAKeyOnceADayFromItsLastWeekOn() {
    var reminder = new KeyReminder();
    var end = NOW.plus(Duration.ofDays(9));
    var key = new KeyReminder.Ending("key-1", "team-a", end);

    assertThat(reminder.due(List.of(key), NOW)).isEmpty();
    var soon = NOW.plus(Duration.ofDays(2));
    assertThat(reminder.due(List.of(key), soon)).containsExactly(key);
    assertThat(reminder.due(List.of(key), soon.plus(Duration.ofHours(23)))).isEmpty();
    assertThat(reminder.due(List.of(key), soon.plus(DAY))).containsExactly(key);
    assertThat(reminder.due(List.of(key), end)).isEmpty();
  }

  private static KeyRing ringOf(NewKey key) {
    return changed(KeyRing.empty().add(key, NOW));
  }

  private static KeyRing changed(Change change) {
    assertThat(change).isInstanceOf(Change.Changed.class);
    return ((Change.Changed) change).ring();
  }

  private static Reason refused(Change change) {
    assertThat(change).isInstanceOf(Change.Refused.class);
    return ((Change.Refused) change).reason();
  }
}
