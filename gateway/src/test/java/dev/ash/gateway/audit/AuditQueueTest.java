package dev.ash.gateway.audit;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.ash.protocol.json.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Lines for a log that takes its time, or hangs. */
@Timeout(60)
final class AuditQueueTest {
  private static final Duration SHORT = Duration.ofMillis(50);

  private final HangingSink sink = new HangingSink();
  private final Told told = new Told();

  @Test
  void whoHandsALineOverWaitsForNoDiskAndTheLostOnesAreNoted() throws Exception {
    try (var queue = queue(3, SHORT, Duration.ofSeconds(20))) {
      queue.add(line(0));
      sink.awaitWriting();
      for (var i = 1; i <= 5; i++) {
        queue.add(line(i));
      }
      assertThat(queue.isFull()).isTrue();
      assertThat(told.lost).hasSize(2).allMatch(why -> why.contains("3 wait to be written"));
      Awaitility.await().until(queue::isStalled);
      var asked = System.nanoTime();
      queue.await(queue.add(line(6)));
      assertThat(Duration.ofNanos(System.nanoTime() - asked)).isLessThan(Duration.ofSeconds(10));

      sink.goOn();
      Awaitility.await().until(() -> told.written.size() == 4);
      // A line is told of before it is over.
      Awaitility.await().until(() -> !queue.isStalled());
      queue.add(line(7));
    }
    assertThat(sink.numbers()).containsExactly(0, 1, 2, 3, -1, 7);
    assertThat(sink.lines().get(4).path("lost_lines").asInt()).isEqualTo(3);
    assertThat(told.written).containsExactly(1L, 2L, 3L, 4L, 6L);
    assertThat(sink.closed).isTrue();
  }

  @Test
  void linesThatAreLostAtTheEndAreNotedToo() throws Exception {
    try (var queue = queue(1, SHORT, Duration.ofSeconds(20))) {
      queue.add(line(0));
      sink.awaitWriting();
      for (var i = 1; i <= 3; i++) {
        queue.add(line(i));
      }
      sink.goOn();
    }
    assertThat(sink.numbers()).containsExactly(0, 1, -1);
    assertThat(sink.lines().getLast().path("lost_lines").asInt()).isEqualTo(2);
  }

  @Test
  void halfOfTheRoomIsForCallsThatWereServed() throws Exception {
    try (var queue = queue(4, SHORT, Duration.ofSeconds(20))) {
      queue.add(line(0));
      sink.awaitWriting();
      for (var i = 1; i <= 3; i++) {
        queue.addMinor(line(i));
      }
      assertThat(told.lost).hasSize(1);
      queue.add(line(4));
      queue.add(line(5));
      assertThat(told.lost).hasSize(1);
      assertThat(queue.isFull()).isTrue();
      sink.goOn();
    }
    assertThat(sink.numbers()).containsExactly(0, 1, 2, -1, 4, 5);
  }

  @Test
  void anErrorCostsItsLineOnly() throws Exception {
    sink.goOn();
    try (var queue = queue(9, SHORT, Duration.ofSeconds(20))) {
      for (var number : new int[] {0, HangingSink.FATAL, 1, HangingSink.FATAL}) {
        queue.add(line(number));
      }
    }
    assertThat(sink.numbers()).containsExactly(0, -1, 1, -1);
    assertThat(told.lost).hasSize(2).allMatch(why -> why.contains("too deep"));
    assertThat(sink.closed).isTrue();
  }

  @Test
  void aLineThatWaitsBehindOthersIsTooLateAsWell() throws Exception {
    try (var queue = queue(9, Duration.ofSeconds(1), Duration.ofSeconds(20))) {
      queue.add(line(0));
      sink.awaitWriting();
      queue.add(line(1));
      Awaitility.await().until(queue::isStalled);
      // The next one is no younger for having just begun.
      sink.passOne();
      Awaitility.await().until(() -> told.written.size() == 1);
      assertThat(queue.isStalled()).isTrue();
      sink.goOn();
      Awaitility.await().until(() -> !queue.isStalled());
    }
  }

  @Test
  void aLineIsWaitedForWhileItIsWritten() throws Exception {
    try (var queue = queue(3, Duration.ofSeconds(30), Duration.ofSeconds(20))) {
      var line = queue.add(line(0));
      sink.awaitWriting();
      var waiting =
          Thread.ofVirtual()
              .start(
                  () -> {
                    try {
                      queue.await(line);
                    } catch (InterruptedException _) {
                      Thread.currentThread().interrupt();
                    }
                  });
      Awaitility.await().until(() -> waiting.getState() == Thread.State.TIMED_WAITING);
      sink.goOn();
      assertThat(waiting.join(Duration.ofSeconds(20))).isTrue();
      assertThat(told.written).containsExactly(1L);
    }
  }

  @Test
  void aLogThatHangsDoesNotHoldTheEnd() throws Exception {
    var queue = queue(3, SHORT, SHORT);
    queue.add(line(0));
    sink.awaitWriting();
    queue.close();

    assertThat(queue.isOver()).isFalse();
    queue.add(line(1));
    assertThat(told.lost).hasSize(1);
    sink.goOn();
    Awaitility.await().until(queue::isOver);
    assertThat(sink.closed).isTrue();
  }

  @Test
  void anInterruptedThreadStillLeavesWhatWaits() throws Exception {
    var queue = queue(3, SHORT, Duration.ofSeconds(20));
    sink.goOn();
    queue.add(line(0));
    Thread.currentThread().interrupt();
    queue.close();

    assertThat(Thread.interrupted()).isTrue();
    assertThat(queue.isOver()).isTrue();
    assertThat(sink.lines()).hasSize(1);
  }

  private AuditQueue queue(int most, Duration patience, Duration drain) throws IOException {
    var queue =
        new AuditQueue(
            new AuditTrail(sink, Seal.plain(), InstantSource.system()),
            told,
            new AuditQueue.Bounds(most, patience, drain));
    queue.start();
    return queue;
  }

  private static ObjectNode line(int number) {
    return Json.object().put("n", number);
  }

  private static final class Told implements AuditQueue.Fate {
    private final List<Long> written = new CopyOnWriteArrayList<>();
    private final List<String> lost = new CopyOnWriteArrayList<>();

    @Override
    public void written(long sequence) {
      written.add(sequence);
    }

    @Override
    public void lost(String why) {
      lost.add(why);
    }
  }

  /** A disk that answers to nobody until it is told to. */
  private static final class HangingSink implements Sink {
    private final CountDownLatch writing = new CountDownLatch(1);
    private static final int FATAL = 666;
    private static final int ALL = 1_000;

    private final Semaphore open = new Semaphore(0);
    private final List<String> texts = new CopyOnWriteArrayList<>();
    private volatile boolean closed;

    @Override
    public Optional<Found> opened() {
      return Optional.empty();
    }

    @Override
    public void write(byte[] bytes) throws ShortWriteException {
      writing.countDown();
      try {
        open.acquire();
      } catch (InterruptedException e) {
        throw new ShortWriteException(0, new IOException(e));
      }
      var text = new String(bytes, StandardCharsets.UTF_8);
      if (text.contains("\"n\":" + FATAL)) {
        throw new StackOverflowError("too deep");
      }
      texts.add(text);
    }

    @Override
    public void remember(Link last) {}

    @Override
    public void close() {
      closed = true;
    }

    private void awaitWriting() throws InterruptedException {
      writing.await();
    }

    private void goOn() {
      open.release(ALL);
    }

    private void passOne() {
      open.release();
    }

    /** Those of the lines; -1 where the log says that some are lost. */
    private List<Integer> numbers() {
      return lines().stream().map(line -> line.path("n").asInt(-1)).toList();
    }

    private List<JsonNode> lines() {
      return texts.stream().map(text -> Json.parse(text.strip()).orElseThrow()).toList();
    }
  }
}
