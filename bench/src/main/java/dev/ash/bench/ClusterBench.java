package dev.ash.bench;

import static dev.ash.bench.Table.number;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Measures a cluster that runs on this machine, as {@code ./ash cluster up} makes it: what a
 * session on another node costs against one on the node that is asked, in one run, and what the
 * nodes do together.
 *
 * <p>Arguments: the first node's API port, the number of nodes, a key. The other ports follow from
 * the first as in the launcher.
 */
public final class ClusterBench {
  private static final int ROUNDS = 150;
  private static final int SPOKEN = 2000;
  private static final Duration LOAD = Duration.ofSeconds(10);
  private static final int CLIENTS = 12;
  private static final int NO_PLACE = 503;
  private static final String NEW_SESSION = "{\"agent\":\"bench\"}";

  private final int firstPort;
  private final int nodes;
  private final String key;
  private final Table table = new Table(System.out);

  private ClusterBench(int firstPort, int nodes, String key) {
    this.firstPort = firstPort;
    this.nodes = nodes;
    this.key = key;
  }

  /** Runs the whole measurement once. */
  public static void main(String[] args)
      throws IOException, InterruptedException, ExecutionException {
    if (args.length != 3) {
      System.err.println("arguments: " + List.of(args) + " (expected: port, nodes, key)");
      System.exit(2);
    }
    new ClusterBench(Integer.parseInt(args[0]), Integer.parseInt(args[1]), args[2]).run();
  }

  private void run() throws IOException, InterruptedException, ExecutionException {
    try (var wire = wire(0)) {
      wire.ask("POST", "/api/agents", "{\"name\":\"bench\",\"systemPrompt\":\"bench\"}");
    }
    together(Duration.ofSeconds(5), false); // warms the JVMs up
    if (nodes > 1) {
      hop();
    }
    together(LOAD, true);
  }

  private Wire wire(int node) throws IOException {
    return new Wire(firstPort + node, key);
  }

  private static String create(Wire wire) throws IOException {
    var reply = wire.answer("POST", "/api/sessions", NEW_SESSION);
    while (reply.status() == NO_PLACE) {
      // Sandboxes of sessions that just ended still go: the place comes.
      reply = wire.answer("POST", "/api/sessions", NEW_SESSION);
    }
    return reply.orFail().text("id");
  }

  private static Wire.Streamed say(Wire wire, String session, String content) throws IOException {
    return wire.stream(
        "POST",
        "/api/sessions/" + session + "/messages",
        "{\"content\":\"" + content.replace("\"", "\\\"") + "\"}",
        Integer.MAX_VALUE);
  }

  /** The node that has the session, by its place in the list. */
  private int owner(String session) throws IOException {
    try (var management = new Wire(firstPort + 3501, key)) {
      var node = management.ask("GET", "/sessions/" + session, "").text("node");
      return Integer.parseInt(node.substring(node.lastIndexOf(':') + 1)) - firstPort - 13_301;
    }
  }

  /** Turn and turn about, so that what else the machine does meets both. */
  private void hop() throws IOException {
    String session;
    try (var any = wire(0)) {
      session = create(any);
      say(any, session, "hello");
    }
    var here = owner(session);
    try (var near = wire(here);
        var far = wire((here + 1) % nodes)) {
      var nearDone = new Samples();
      var farDone = new Samples();
      for (var round = 0; round < ROUNDS; round++) {
        nearDone.add(say(near, session, "hello").lastNanos());
        farDone.add(say(far, session, "hello").lastNanos());
      }
      row("message to its end, p50 ms (mock: 50)", nearDone.median(), farDone.median());
      row("the same, p99 ms", nearDone.percentile(99), farDone.percentile(99));
      var script = "MOCK:{\"messages\":" + SPOKEN + ",\"chunks\":1,\"text\":\"word\"}";
      row(
          "live events/s of one turn",
          rate(say(near, session, script)),
          rate(say(far, session, script)));
      row("replayed events/s", replay(near, session), replay(far, session));
    }
  }

  private static double replay(Wire wire, String session) throws IOException {
    return rate(wire.stream("GET", "/api/sessions/" + session + "/stream", "", SPOKEN));
  }

  private static double rate(Wire.Streamed streamed) {
    return streamed.events() * 1e9 / streamed.lastNanos();
  }

  private void row(String what, double near, double far) {
    table.row(
        what + ": on the node asked, on another, ratio",
        "%s, %s, %s".formatted(number(near), number(far), number(far / near)),
        "-",
        "-");
  }

  /**
   * Creates, then messages of many sessions, through all nodes at once. A session ends as soon as
   * it was created, since sandboxes are bounded; a create that finds no place is refused with 503
   * and counts for itself.
   */
  private void together(Duration time, boolean shown)
      throws InterruptedException, ExecutionException {
    var creates = new AtomicInteger();
    var refused = new AtomicInteger();
    forAll(
        time,
        wire -> {
          var reply = wire.answer("POST", "/api/sessions", NEW_SESSION);
          if (reply.status() == NO_PLACE) {
            refused.incrementAndGet();
          } else {
            wire.ask("DELETE", "/api/sessions/" + reply.orFail().text("id"), "");
            creates.incrementAndGet();
          }
        });
    var messages = new AtomicInteger();
    var done = new Samples();
    forAll(
        time,
        new Task() {
          private final ThreadLocal<String> session = new ThreadLocal<>();

          @Override
          public void on(Wire wire) throws IOException {
            if (session.get() == null) {
              session.set(create(wire));
            }
            done.add(say(wire, session.get(), "hello").lastNanos());
            messages.incrementAndGet();
          }
        });
    if (shown) {
      var seconds = (double) time.toSeconds();
      table.row(
          "%d nodes, %d clients: sessions created and ended/s (creates refused/s)"
              .formatted(nodes, CLIENTS),
          "%s (%s)".formatted(number(creates.get() / seconds), number(refused.get() / seconds)),
          "-",
          "-");
      table.row(
          "%d nodes, %d clients: messages/s, p50 ms (mock: 50)".formatted(nodes, CLIENTS),
          "%s, %s".formatted(number(messages.get() / seconds), number(done.median())),
          "-",
          "-");
    }
  }

  private interface Task {
    void on(Wire wire) throws IOException;
  }

  private void forAll(Duration time, Task task) throws InterruptedException, ExecutionException {
    var end = System.nanoTime() + time.toNanos();
    var running = new ArrayList<Future<?>>();
    try (var threads = Executors.newFixedThreadPool(CLIENTS)) {
      for (var client = 0; client < CLIENTS; client++) {
        var node = client % nodes;
        running.add(
            threads.submit(
                () -> {
                  try (var wire = wire(node)) {
                    while (System.nanoTime() < end) {
                      task.on(wire);
                    }
                  }
                  return null;
                }));
      }
    }
    for (var one : running) {
      one.get();
    }
  }
}
