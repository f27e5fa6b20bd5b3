package dev.ash.node.clusterfaults;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ash.node.e2e.EventStream;
import dev.ash.node.e2e.StartedNode;
import dev.ash.node.e2e.StrictClient;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;

/**
 * Clients behind a load balancer that knows no sessions: each request goes to the next node that
 * says it is ready, and is sent again with the same idempotency key when a node refuses or breaks.
 */
final class LoadThroughBalancer implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(45);
  private static final Duration AGAIN = Duration.ofMillis(250);
  private static final Duration PACE = Duration.ofMillis(300);

  private final TestCluster cluster;
  private final AtomicInteger next = new AtomicInteger();
  private final AtomicInteger requests = new AtomicInteger();
  private final AtomicInteger retried = new AtomicInteger();
  private final Queue<String> failed = new ConcurrentLinkedQueue<>();
  private final Queue<Sent> sent = new ConcurrentLinkedQueue<>();
  private final AtomicBoolean stopping = new AtomicBoolean();
  private final List<Thread> clients = new ArrayList<>();
  private volatile long slowest;

  /** A message that was acknowledged. */
  record Sent(String session, String text) {}

  LoadThroughBalancer(TestCluster cluster) {
    this.cluster = cluster;
  }

  /** Begins: senders that also create sessions now and then, and readers of lists. */
  LoadThroughBalancer start(int senders, int readers) {
    for (var n = 0; n < senders; n++) {
      clients.add(Thread.ofVirtual().start(this::sendOn));
    }
    for (var n = 0; n < readers; n++) {
      clients.add(Thread.ofVirtual().start(this::readOn));
    }
    return this;
  }

  private void sendOn() {
    var session = create();
    for (var n = 1; !stopping.get(); n++) {
      if (n % 10 == 0) {
        session = create();
      }
      say(session, "message " + UUID.randomUUID());
      LockSupport.parkNanos(PACE.toNanos());
    }
  }

  private void readOn() {
    while (!stopping.get()) {
      balanced("list", client -> client.get("/api/sessions?limit=5").status());
      LockSupport.parkNanos(PACE.toNanos());
    }
  }

  private String create() {
    var key = UUID.randomUUID().toString();
    var id = new String[] {""};
    balanced(
        "create",
        client -> {
          var answer =
              client.send(
                  "POST",
                  "/api/sessions",
                  Map.of("Content-Type", "application/json", "Idempotency-Key", key),
                  "{\"agent\":\"a\"}".getBytes(StandardCharsets.UTF_8));
          if (answer.status() == 201) {
            id[0] = answer.json().at("/session/id").asText();
          }
          return answer.status();
        });
    return id[0];
  }

  /** A message is sent once it is acknowledged; its reply is read to the end by whoever sends. */
  private void say(String session, String text) {
    var key = UUID.randomUUID().toString();
    var done =
        balanced(
            "send",
            client -> {
              try (EventStream stream =
                  client.post(
                      "/api/sessions/" + session + "/messages",
                      StrictClient.object().put("content", text),
                      Map.of("Idempotency-Key", key))) {
                if (stream.status() == 200) {
                  var ended = stream.upTo("done").stream().anyMatch(f -> f.event().equals("done"));
                  return ended ? 200 : 0;
                }
                return stream.status();
              }
            });
    if (done) {
      sent.add(new Sent(session, text));
    }
  }

  /** What a client does with one node; the status, or 0 for a broken answer. */
  private interface Request {
    int on(StrictClient client);
  }

  private boolean balanced(String what, Request request) {
    requests.incrementAndGet();
    var begin = System.nanoTime();
    var last = "";
    while (System.nanoTime() - begin < PATIENCE.toNanos()) {
      var node = pick();
      if (node == null) {
        last = "no node is ready";
      } else {
        try {
          var status = request.on(node.client());
          if (status >= 200 && status < 300) {
            slowest = Math.max(slowest, System.nanoTime() - begin);
            return true;
          }
          last = "status " + status;
          if (status >= 400 && status < 500) {
            break;
          }
        } catch (UncheckedIOException | IllegalStateException | AssertionError e) {
          last = e.toString();
        }
      }
      retried.incrementAndGet();
      LockSupport.parkNanos(AGAIN.toNanos());
    }
    failed.add(what + ": " + last);
    return false;
  }

  private @org.jspecify.annotations.Nullable StartedNode pick() {
    var nodes = cluster.nodes();
    for (var n = 0; n < nodes.size(); n++) {
      var node = nodes.get(Math.floorMod(next.getAndIncrement(), nodes.size()));
      if (node.isAlive() && isReady(node)) {
        return node;
      }
    }
    return null;
  }

  private static boolean isReady(StartedNode node) {
    return quietly(() -> TestCluster.management(node).get("/health/ready").status() == 200);
  }

  private static boolean quietly(Supplier<Boolean> check) {
    try {
      return check.get();
    } catch (RuntimeException | AssertionError _) {
      return false;
    }
  }

  int requests() {
    return requests.get();
  }

  int retried() {
    return retried.get();
  }

  Duration slowest() {
    return Duration.ofNanos(slowest);
  }

  /** Requests that failed for all patience. */
  List<String> failed() {
    return List.copyOf(failed);
  }

  /** Every message that was answered to its end is in its session once. */
  void assertAcknowledgedIsThere(StrictClient client) {
    assertThat(sent).isNotEmpty();
    for (var session : sent.stream().map(Sent::session).distinct().toList()) {
      var texts =
          client
              .get("/api/sessions/" + session + "/messages?limit=1000")
              .expect(200)
              .json()
              .get("messages")
              .findValuesAsText("content");
      for (var message : sent) {
        if (message.session().equals(session)) {
          assertThat(count(texts, message.text())).as(message.text()).isEqualTo(1);
        }
      }
    }
  }

  /** Messages of the user with this text; the agent may quote it. */
  private static long count(List<String> contents, String text) {
    return contents.stream()
        .filter(content -> content.contains("\"type\":\"user\"") && content.contains(text))
        .count();
  }

  /** Lets every client finish what it does. */
  LoadThroughBalancer stop() throws InterruptedException {
    stopping.set(true);
    for (var client : clients) {
      client.join(PATIENCE.plusSeconds(15));
    }
    return this;
  }

  @Override
  public void close() {
    stopping.set(true);
    clients.forEach(Thread::interrupt);
  }
}
