package dev.ash.node.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A store that answers when the test wants, on a clock that the test moves. */
@Timeout(30)
final class KeptSecretTest {
  private final AtomicLong now = new AtomicLong(7);
  private final List<CompletableFuture<String>> asked = new ArrayList<>();
  private final KeptSecret secret = new KeptSecret(new FakeStore(), now::get);

  private final class FakeStore implements KeptSecret.Store {
    @Override
    public CompletionStage<String> read() {
      asked.add(new CompletableFuture<>());
      return asked.getLast();
    }

    @Override
    public String place() {
      return "fake://place";
    }

    @Override
    public String product() {
      return "Fake";
    }
  }

  @Test
  void theFirstCallsWaitForOneAnswer() {
    var first = got();
    var second = got();
    assertThat(first).isNotDone();
    asked.getFirst().complete("a");

    assertThat(first).isCompletedWithValue("a");
    assertThat(second).isCompletedWithValue("a");
    assertThat(asked).hasSize(1);
  }

  @Test
  void withoutAnyValueTheFailureIsSaidAndTheNextCallAsksAgain() {
    var first = got();
    asked.getFirst().completeExceptionally(new java.io.IOException("canary"));

    assertThatThrownBy(first::join)
        .rootCause()
        .hasMessage("fake://place: Fake did not answer (IOException)");
    assertThat(got()).isNotDone();
    assertThat(asked).hasSize(2);
  }

  @Test
  void whatIsOldIsRenewedBesideTheCallsOneAtATime() {
    keep("a");
    pass(Duration.ofSeconds(61));

    for (var call = 0; call < 50; call++) {
      assertThat(got()).isCompletedWithValue("a");
    }
    assertThat(asked).hasSize(2);
    asked.getLast().complete("b");

    assertThat(got()).isCompletedWithValue("b");
    assertThat(asked).hasSize(2);
  }

  @Test
  void aStoreThatFailedIsLeftAloneForAWhile() {
    keep("a");
    pass(Duration.ofSeconds(61));
    assertThat(got()).isCompletedWithValue("a");
    asked.getLast().completeExceptionally(new java.io.IOException());

    for (var call = 0; call < 50; call++) {
      assertThat(got()).isCompletedWithValue("a");
    }
    assertThat(asked).hasSize(2);
    pass(Duration.ofSeconds(11));

    assertThat(got()).isCompletedWithValue("a");
    assertThat(asked).hasSize(3);
  }

  @Test
  void aRefusedValueIsWaitedForButNotWhileTheStoreHangs() {
    keep("a");
    assertThat(secret.refused("a")).isTrue();
    var waits = got();
    assertThat(waits).isNotDone();
    pass(Duration.ofSeconds(3));

    assertThat(got()).isCompletedWithValue("a");
    assertThat(waits.join()).isEqualTo("a");
    assertThat(asked).hasSize(2);
    asked.getLast().complete("b");
    assertThat(got()).isCompletedWithValue("b");
  }

  @Test
  void aRefusedValueIsReplacedForAllThatWait() {
    keep("a");
    assertThat(secret.refused("a")).isTrue();
    assertThat(secret.refused("a")).isTrue();
    var first = got();
    var second = got();
    asked.getLast().complete("b");

    assertThat(first).isCompletedWithValue("b");
    assertThat(second).isCompletedWithValue("b");
    assertThat(asked).hasSize(2);
    // A call that was under way with the old one.
    assertThat(secret.refused("a")).isTrue();
    assertThat(got()).isCompletedWithValue("b");
    assertThat(asked).hasSize(2);
  }

  @Test
  void aValueThatIsRefusedAndStaysTheSameIsNotAskedForByEveryCall() {
    keep("a");
    assertThat(secret.refused("a")).isTrue();
    var same = got();
    asked.getLast().complete("a");
    assertThat(same).isCompletedWithValue("a");

    for (var call = 0; call < 50; call++) {
      assertThat(secret.refused("a")).isFalse();
      assertThat(got()).isCompletedWithValue("a");
    }
    assertThat(asked).hasSize(2);
    pass(Duration.ofSeconds(11));

    assertThat(secret.refused("a")).isTrue();
    var next = got();
    asked.getLast().complete("b");
    assertThat(next).isCompletedWithValue("b");
  }

  private void keep(String value) {
    var first = got();
    asked.getLast().complete(value);
    assertThat(first).isCompletedWithValue(value);
  }

  private CompletableFuture<String> got() {
    return secret.get().toCompletableFuture();
  }

  private void pass(Duration time) {
    now.addAndGet(time.toNanos());
  }
}
