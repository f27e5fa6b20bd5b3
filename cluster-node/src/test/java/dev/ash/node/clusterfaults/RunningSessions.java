package dev.ash.node.clusterfaults;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ash.node.e2e.EventStream.Frame;
import dev.ash.node.e2e.StartedNode;
import dev.ash.node.e2e.StrictClient;
import dev.ash.node.faults.Evidence;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.awaitility.Awaitility;

/** Sessions with a running turn each, and a viewer of each on a node that is to stay. */
final class RunningSessions implements AutoCloseable {
  private static final Duration UNDER_WAY = Duration.ofSeconds(2);

  private final Map<String, Viewer> viewers = new LinkedHashMap<>();

  /**
   * Returns when every viewer has seen its turn begin.
   *
   * @param makers nodes that are asked to create the sessions, in turn
   * @param staying nodes that the viewers and the senders are at, in turn
   */
  static RunningSessions start(
      List<StartedNode> makers, List<StartedNode> staying, int count, int messages)
      throws Exception {
    var sessions = new RunningSessions();
    var ids = new ArrayList<Future<String>>();
    var sent = new ArrayList<Future<?>>();
    try (var threads = Executors.newFixedThreadPool(8)) {
      for (var n = 0; n < count; n++) {
        var maker = makers.get(n % makers.size());
        ids.add(threads.submit(() -> maker.client().createSession("a")));
      }
      for (var n = 0; n < count; n++) {
        var node = staying.get(n % staying.size());
        var id = ids.get(n).get();
        sessions.viewers.put(id, new Viewer(rotated(staying, n), id));
        sent.add(threads.submit(() -> send(node, id, turn(messages))));
      }
    }
    for (var one : sent) {
      one.get();
    }
    for (var viewer : sessions.viewers.values()) {
      viewer.await("message", 2, Duration.ofSeconds(90));
    }
    return sessions;
  }

  /** Once, however often it is asked for; whoever sent may leave, and the turn goes on. */
  private static void send(StartedNode node, String session, String content) {
    var key = Map.of("Idempotency-Key", "turn-of-" + session);
    Awaitility.await()
        .atMost(Duration.ofSeconds(60))
        .untilAsserted(
            () -> {
              try (var reply =
                  node.client()
                      .post(
                          "/api/sessions/" + session + "/messages",
                          StrictClient.object().put("content", content),
                          key)) {
                assertThat(reply.status()).isEqualTo(200);
              }
            });
  }

  /** Every half second a message that is stored. */
  private static String turn(int messages) {
    return "MOCK:{\"messages\":%d,\"chunks\":1,\"chunkDelayMs\":500,\"text\":\"word\"}"
        .formatted(messages);
  }

  private static List<StartedNode> rotated(List<StartedNode> nodes, int by) {
    var rotated = new ArrayList<StartedNode>();
    for (var n = 0; n < nodes.size(); n++) {
      rotated.add(nodes.get((n + by) % nodes.size()));
    }
    return rotated;
  }

  Map<String, Viewer> viewers() {
    return viewers;
  }

  RunningSessions awaitEnds(int turns, Duration limit) {
    viewers.values().forEach(viewer -> viewer.await("done", turns, limit));
    return this;
  }

  /** Viewers whose stream was cut by a node that runs. */
  long cutBy(List<StartedNode> staying) {
    return viewers.values().stream()
        .flatMap(viewer -> viewer.cutBy().stream())
        .filter(staying::contains)
        .count();
  }

  /**
   * Compares what each viewer saw with the log as another node tells it now.
   *
   * @return the ids of the sessions whose turn was taken up by another owner
   */
  List<String> assertNothingLostOrDoubled(StartedNode witness, int turns) {
    var continued = new ArrayList<String>();
    viewers.forEach(
        (id, viewer) -> {
          var log = Evidence.stored(Evidence.replay(witness, id, turns));
          var seen = Evidence.stored(viewer.frames());
          assertThat(seen).as("what the viewer of %s saw", id).containsExactlyElementsOf(log);
          assertThat(log).extracting(Frame::id).doesNotHaveDuplicates();
          if (Evidence.count(log, "turn_continued") > 0) {
            continued.add(id);
          }
        });
    return continued;
  }

  /** From a moment to the next event of each of these sessions, shortest first. */
  List<Duration> pauses(List<String> ids, long since) {
    return viewers.entrySet().stream()
        .filter(viewer -> ids.contains(viewer.getKey()))
        // What comes at once was under way before; nobody takes a session over in two seconds.
        .map(viewer -> viewer.getValue().firstAfter(since + UNDER_WAY.toNanos()).orElseThrow())
        .map(UNDER_WAY::plus)
        .sorted()
        .toList();
  }

  @Override
  public void close() {
    viewers.values().forEach(Viewer::close);
  }
}
