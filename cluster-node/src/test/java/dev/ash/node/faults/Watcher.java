package dev.ash.node.faults;

import dev.ash.node.e2e.EventStream;
import dev.ash.node.e2e.EventStream.Frame;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Predicate;

/** Reads a stream on a thread of its own and notes what came, until it ends or breaks. */
final class Watcher implements AutoCloseable {
  private static final Duration LIMIT = Duration.ofSeconds(90);

  private final EventStream stream;
  private final List<Frame> frames = new CopyOnWriteArrayList<>();
  private final Thread reader;
  private volatile Optional<String> broke = Optional.empty();

  private Watcher(EventStream stream) {
    this.stream = stream;
    this.reader = Thread.ofVirtual().start(this::read);
  }

  static Watcher of(EventStream stream) {
    return new Watcher(stream);
  }

  private void read() {
    try {
      for (var next = stream.next(); next.isPresent(); next = stream.next()) {
        frames.add(next.get());
      }
    } catch (RuntimeException | AssertionError e) {
      broke = Optional.of(e.toString());
    }
  }

  List<Frame> frames() {
    return List.copyOf(frames);
  }

  /** Waits for so many frames of a kind. */
  Watcher await(int count, Predicate<Frame> kind) {
    org.awaitility.Awaitility.await()
        .atMost(LIMIT)
        .until(
            () -> frames.stream().filter(kind).count() >= count || !reader.isAlive(),
            Boolean::booleanValue);
    if (frames.stream().filter(kind).count() < count) {
      throw new AssertionError("the stream ended too early: " + broke + "\n" + text());
    }
    return this;
  }

  Watcher await(String event) {
    return await(1, frame -> frame.event().equals(event));
  }

  /** Waits until the server has ended the stream, in order or not. */
  Watcher awaitEnd() {
    org.awaitility.Awaitility.await()
        .atMost(LIMIT)
        .untilAsserted(
            () -> {
              if (reader.isAlive()) {
                throw new AssertionError("the stream goes on after:\n" + text());
              }
            });
    return this;
  }

  /** Why it could not be read to its end. */
  Optional<String> broke() {
    return broke;
  }

  /** What came, a frame a line, cut short. */
  String text() {
    return String.join(
        "\n",
        frames.stream()
            .map(Frame::toString)
            .map(line -> line.length() > 300 ? line.substring(0, 300) : line)
            .toList());
  }

  @Override
  public void close() {
    stream.close();
  }
}
