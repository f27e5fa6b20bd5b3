package dev.ash.bench;

import static dev.ash.bench.Table.number;

import java.io.IOException;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Measures what the node's model proxy adds: the same calls to the same model server, straight and
 * through the sockets of sessions, in turn in one run. The proxy meters each call and writes it
 * into the ledger, as always.
 *
 * <p>Arguments: the folder to work in; then the command that starts a node.
 */
public final class ProxyBench {
  private static final int WARM_UP = 300;
  private static final int CALLS = 300;
  private static final int PACED_CALLS = 10;
  private static final int PACED_DELTAS = 200;
  private static final long PACE_MICROS = 5000;
  private static final int SESSIONS = 10;
  private static final int STREAMS = 50;
  private static final int MANY_DELTAS = 2000;

  private final SocketAddress straight;
  private final List<SocketAddress> proxied;
  private final NodeProcess node;

  private ProxyBench(SocketAddress straight, List<SocketAddress> proxied, NodeProcess node) {
    this.straight = straight;
    this.proxied = proxied;
    this.node = node;
  }

  /** Runs the whole measurement once. */
  public static void main(String[] args)
      throws IOException, InterruptedException, ExecutionException {
    var parent = Files.createDirectories(Path.of(args[0]));
    var folder = Files.createTempDirectory(parent, "run-");
    var links = Files.createTempDirectory("ash-bench-");
    try (var model = PacedModel.start();
        var node = start(List.of(args).subList(1, args.length), folder, model);
        var wire = node.connect()) {
      wire.ask("POST", "/api/agents", "{\"name\":\"a\",\"systemPrompt\":\"# a\"}");
      for (var n = 0; n < SESSIONS; n++) {
        var made = wire.ask("POST", "/api/sessions", "{\"agent\":\"a\"}");
        var path = "/api/sessions/" + made.text("id") + "/messages";
        wire.stream("POST", path, "{\"content\":\"hello\"}", Integer.MAX_VALUE);
      }
      new ProxyBench(model.address(), sockets(folder, links), node).run();
    } finally {
      NodeBench.delete(links);
      NodeBench.delete(folder);
    }
  }

  private static NodeProcess start(List<String> command, Path folder, PacedModel model)
      throws IOException, InterruptedException {
    return NodeProcess.start(
        command,
        folder.resolve("data"),
        NodeBench.freePort(),
        Map.of(
            "ANTHROPIC_BASE_URL",
            "http://127.0.0.1:" + model.address().getPort(),
            "ANTHROPIC_API_KEY",
            "a-key"));
  }

  /**
   * The model sockets of the sessions.
   *
   * @param links gets a link to the folder of each: the path of a socket may have 107 bytes only
   */
  private static List<SocketAddress> sockets(Path folder, Path links) throws IOException {
    List<Path> files;
    try (var all = Files.walk(folder)) {
      files = all.filter(file -> file.endsWith("model.sock")).toList();
    }
    if (files.size() < SESSIONS) {
      throw new IOException(files.size() + " sockets of sessions (expected: " + SESSIONS + ")");
    }
    var addresses = new ArrayList<SocketAddress>();
    for (var file : files) {
      var link = links.resolve(Integer.toString(addresses.size()));
      Files.createSymbolicLink(link, file.toAbsolutePath().getParent());
      addresses.add(UnixDomainSocketAddress.of(link.resolve("model.sock")));
    }
    return addresses;
  }

  private void run() throws IOException, InterruptedException, ExecutionException {
    System.out.printf("| what | straight | through the proxy | ratio |%n|---|---|---|---|%n");
    // Both ways are made warm, and then take turns, so that neither has the quieter machine.
    alone(straight, WARM_UP, 5, 0);
    alone(proxied.getFirst(), WARM_UP, 5, 0);
    var firsts = List.of(alone(straight, CALLS, 5, 0), alone(proxied.getFirst(), CALLS, 5, 0));
    row("first event, p50 ms", firsts.get(0).first().median(), firsts.get(1).first().median());
    row(
        "first event, p99 ms",
        firsts.get(0).first().percentile(99),
        firsts.get(1).first().percentile(99));
    var paced =
        List.of(
            alone(straight, PACED_CALLS, PACED_DELTAS, PACE_MICROS),
            alone(proxied.getFirst(), PACED_CALLS, PACED_DELTAS, PACE_MICROS));
    row(
        "a delta, from its writing to its reading, p50 ms",
        paced.get(0).delays().median(),
        paced.get(1).delays().median());
    row(
        "the same, p99 ms",
        paced.get(0).delays().percentile(99),
        paced.get(1).delays().percentile(99));
    many(List.of(straight));
    many(proxied);
    var direct = many(List.of(straight));
    var cpu = node.handle().info().totalCpuDuration().orElse(Duration.ZERO);
    var through = many(proxied);
    var used = node.handle().info().totalCpuDuration().orElse(Duration.ZERO).minus(cpu);
    row("%d streams at once, deltas/s".formatted(STREAMS), direct, through);
    System.out.printf(
        "%nnode CPU: %s ms per 1000 deltas; %d cores for model, node and callers%n",
        number(used.toMillis() * 1000.0 / (STREAMS * MANY_DELTAS)),
        Runtime.getRuntime().availableProcessors());
  }

  private static void row(String what, double straight, double proxied) {
    System.out.printf(
        "| %s | %s | %s | %s |%n",
        what, number(straight), number(proxied), number(proxied / straight));
  }

  /** What calls took. */
  private record Taken(Samples first, Samples delays) {}

  /** One call after the other on one connection. */
  private static Taken alone(SocketAddress server, int calls, int deltas, long paceMicros)
      throws IOException {
    var taken = new Taken(new Samples(), new Samples());
    try (var caller = new ModelCaller(server)) {
      for (var n = 0; n < calls; n++) {
        caller.call(deltas, paceMicros, taken.first(), taken.delays());
      }
    }
    return taken;
  }

  /** Deltas in a second, of streams that are as fast as they can be. */
  private static double many(List<SocketAddress> servers)
      throws InterruptedException, ExecutionException {
    var begin = System.nanoTime();
    var calls = new ArrayList<Future<?>>();
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (var n = 0; n < STREAMS; n++) {
        var server = servers.get(n % servers.size());
        calls.add(threads.submit(() -> alone(server, 1, MANY_DELTAS, 0)));
      }
      for (var call : calls) {
        call.get();
      }
    }
    return STREAMS * MANY_DELTAS * 1e9 / (System.nanoTime() - begin);
  }
}
