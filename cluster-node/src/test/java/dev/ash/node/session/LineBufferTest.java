package dev.ash.node.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

final class LineBufferTest {
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  /** More than fits, whatever is there already. */
  private static final String HUGE = "x".repeat(9 << 20);

  private final LineBuffer lines = new LineBuffer();

  @Test
  void holdsAReaderBackUntilThereIsRoom() throws InterruptedException {
    lines.admit(HUGE);
    var reader = reader();
    await().until(() -> reader.getState() == Thread.State.WAITING);

    lines.drop(HUGE);

    assertThat(reader.join(PATIENCE)).isTrue();
  }

  @Test
  void letsEveryReaderGoWhenItIsClosed() throws InterruptedException {
    lines.admit(HUGE);
    var readers = Stream.generate(this::reader).limit(3).toList();
    await().until(() -> states(readers).allMatch(state -> state == Thread.State.WAITING));

    lines.close();

    for (var reader : readers) {
      assertThat(reader.join(PATIENCE)).isTrue();
    }
    lines.admit(HUGE);
  }

  private static Stream<Thread.State> states(List<Thread> threads) {
    return threads.stream().map(Thread::getState);
  }

  private Thread reader() {
    return Thread.ofVirtual()
        .start(
            () -> {
              try {
                lines.admit(HUGE);
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            });
  }
}
