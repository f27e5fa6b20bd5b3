package dev.ash.node.clusterfaults;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ash.node.e2e.StartedNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.regex.Pattern;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Ten thousand sessions that do nothing: what they cost a cluster of three nodes. */
@Tag("soak")
final class IdleSessionsSoakIT {
  private static final int SESSIONS = 10_000;
  private static final int CLIENTS = 12;
  private static final Pattern USED = Pattern.compile("used (\\d+)K");

  @Test
  void tenThousandSessionsAreSmallListedSoonAndDoNotSlowARestart() throws Exception {
    try (var postgres = TestPostgres.start("127.0.0.1");
        var cluster =
            TestCluster.start(
                postgres,
                3,
                // Few places, so that sessions are made without a sandbox each.
                Map.of("ASH_MAX_SANDBOXES", "8", "ASH_RATE_LIMIT_CREATES", "100000"))) {
      create(cluster, 300);
      var before = heap(cluster);
      var began = System.nanoTime();
      create(cluster, SESSIONS);
      var made = Duration.ofNanos(System.nanoTime() - began);
      var sessions = cluster.overview().get("sessions").asInt();
      var after = heap(cluster);

      var client = cluster.node(1).client();
      var page =
          median(
              () -> {
                var start = System.nanoTime();
                var answer = client.get("/api/sessions?limit=50&offset=5000&includeTotal=true");
                assertThat(answer.expect(200).json().get("sessions")).hasSize(50);
                assertThat(answer.json().get("total").asInt()).isEqualTo(SESSIONS + 300);
                return System.nanoTime() - start;
              });
      var restart = System.nanoTime();
      assertThat(cluster.node(2).terminate()).isZero();
      cluster.node(2).restart();
      cluster.awaitUp(3);
      var restarted = Duration.ofNanos(System.nanoTime() - restart);
      assertThat(cluster.node(2).client().createSession("a")).isNotEmpty();

      System.out.printf(
          "FIGURES %d idle sessions on 3 nodes: made at %.0f/s, %d in memory, %.1f KB of heap each;"
              + " a page of 50 with the total %.0f ms; stop and start of a node %.1f s%n",
          SESSIONS,
          SESSIONS * 1000.0 / made.toMillis(),
          sessions,
          (after - before) / 1024.0 / SESSIONS,
          page / 1e6,
          restarted.toMillis() / 1000.0);
      assertThat((after - before) / SESSIONS).isLessThan(64 << 10);
    }
  }

  private static void create(TestCluster cluster, int count) throws Exception {
    var done = new ArrayList<Future<?>>();
    try (var threads = Executors.newFixedThreadPool(CLIENTS)) {
      for (var n = 0; n < count; n++) {
        var node = cluster.nodes().get(n % 3);
        done.add(threads.submit(() -> node.client().createSession("a")));
      }
    }
    for (var one : done) {
      one.get();
    }
  }

  private static double median(LongSupplier nanos) {
    return LongStream.generate(nanos).limit(21).sorted().skip(10).findFirst().orElseThrow();
  }

  /** Bytes in use on all nodes after a collection. */
  private static long heap(TestCluster cluster) throws IOException, InterruptedException {
    var used = 0L;
    for (var node : cluster.nodes()) {
      jcmd(node, "GC.run");
      var found = USED.matcher(jcmd(node, "GC.heap_info")).results().toList();
      // Young and tenured; metaspace, which comes after them, is not of the sessions.
      for (var part : found.subList(0, 2)) {
        used += Long.parseLong(part.group(1)) << 10;
      }
    }
    return used;
  }

  private static String jcmd(StartedNode node, String command)
      throws IOException, InterruptedException {
    var program = Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();
    var process =
        new ProcessBuilder(List.of(program, Long.toString(node.pid()), command))
            .redirectErrorStream(true)
            .start();
    var text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
    return text;
  }
}
