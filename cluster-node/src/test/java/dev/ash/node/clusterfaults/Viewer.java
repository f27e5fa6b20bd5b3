package dev.ash.node.clusterfaults;

import dev.ash.node.e2e.EventStream;
import dev.ash.node.e2e.EventStream.Frame;
import dev.ash.node.e2e.StartedNode;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/**
 * Follows a session on one node as a browser does: when the stream breaks it comes back with the
 * last id it has seen, to the same node if that runs, else to another.
 */
final class Viewer implements AutoCloseable {
  private static final Duration AGAIN = Duration.ofMillis(200);

  private final List<StartedNode> nodes;
  private final String session;
  private final List<Seen> seen = new CopyOnWriteArrayList<>();
  private final List<StartedNode> cutBy = new CopyOnWriteArrayList<>();
  private final AtomicBoolean closed = new AtomicBoolean();
  private final Thread reader;
  private volatile @Nullable EventStream stream;

  /** A frame and when it came, as nano time. */
  record Seen(long at, Frame frame) {}

  /**
   * Begins to follow from the session's first event.
   *
   * @param nodes in the order of preference
   */
  Viewer(List<StartedNode> nodes, String session) {
    this.nodes = List.copyOf(nodes);
    this.session = session;
    this.reader = Thread.ofVirtual().start(this::read);
  }

  private void read() {
    while (!closed.get()) {
      var node = next();
      if (node.isPresent()) {
        follow(node.get());
      }
      LockSupport.parkNanos(AGAIN.toNanos());
    }
  }

  /** As a load balancer does: whoever just cut this one off is the last choice. */
  private Optional<StartedNode> next() {
    var alive = nodes.stream().filter(StartedNode::isAlive).toList();
    var last = cutBy.isEmpty() ? Optional.<StartedNode>empty() : Optional.of(cutBy.getLast());
    return alive.stream()
        .filter(node -> !last.equals(Optional.of(node)))
        .findFirst()
        .or(() -> alive.stream().findFirst());
  }

  private void follow(StartedNode node) {
    var last = seen.isEmpty() ? "" : seen.getLast().frame().id();
    var opened = false;
    try (var open = node.client().follow(session, last)) {
      stream = open;
      opened = true;
      for (var next = open.next(); next.isPresent(); next = open.next()) {
        seen.add(new Seen(System.nanoTime(), next.get()));
      }
      cutBy.add(node);
    } catch (RuntimeException | AssertionError e) {
      // Who is not let in yet is not cut off.
      if (opened && !closed.get()) {
        cutBy.add(node);
      }
    }
  }

  List<Seen> seen() {
    return List.copyOf(seen);
  }

  List<Frame> frames() {
    return seen.stream().map(Seen::frame).toList();
  }

  /** The nodes whose streams broke or ended, once for each time. */
  List<StartedNode> cutBy() {
    return List.copyOf(cutBy);
  }

  /** The first frame after this nano time, as a distance to it. */
  Optional<Duration> firstAfter(long nanos) {
    return seen.stream()
        .filter(s -> s.at() > nanos)
        .findFirst()
        .map(s -> Duration.ofNanos(s.at() - nanos));
  }

  /** The longest time without a frame, between two frames. */
  Duration longestPause() {
    var longest = 0L;
    for (var n = 1; n < seen.size(); n++) {
      longest = Math.max(longest, seen.get(n).at() - seen.get(n - 1).at());
    }
    return Duration.ofNanos(longest);
  }

  long count(String event) {
    return seen.stream().filter(s -> s.frame().event().equals(event)).count();
  }

  Viewer await(String event, int times, Duration limit) {
    Awaitility.await()
        .atMost(limit)
        .pollInterval(Duration.ofMillis(100))
        .until(() -> count(event) >= times, enough -> enough);
    return this;
  }

  @Override
  public void close() {
    closed.set(true);
    var open = stream;
    if (open != null) {
      open.close();
    }
    reader.interrupt();
  }
}
