package dev.ash.bench;

import static dev.ash.bench.Table.number;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/**
 * Measures one node with the mock agent on SQLite and writes a table, beside the figures of the
 * reference implementation (see README.md). Takes below two minutes where nothing else runs, and
 * leaves nothing behind.
 *
 * <p>Arguments: the seconds after which it gives up; the folder to work in, on the disk that is to
 * be measured; then the command that starts a node.
 */
public final class NodeBench {
  private static final int AT_ONCE = 10;
  private static final int MANY = 50;
  private static final int REPLAYED = 1000;
  private static final Duration LOAD = Duration.ofSeconds(5);

  private final List<String> command;
  private static final int FIRST_TURNS = 30;

  private final Path folder;
  private final Table table = new Table(System.out);

  private NodeBench(List<String> command, Path folder) {
    this.command = command;
    this.folder = folder;
  }

  /** Runs the whole measurement once. */
  public static void main(String[] args) throws IOException, InterruptedException {
    var arguments = List.of(args);
    if (arguments.size() < 3) {
      System.err.println("arguments: " + arguments + " (expected: seconds, folder, a command)");
      System.exit(2);
    }
    var limit = Duration.ofSeconds(Long.parseLong(arguments.getFirst()));
    var parent = Files.createDirectories(Path.of(arguments.get(1)));
    var folder = Files.createTempDirectory(parent, "run-");
    var watch = Thread.ofPlatform().daemon().start(() -> giveUpAfter(limit));
    try {
      new NodeBench(arguments.subList(2, arguments.size()), folder).run();
    } finally {
      watch.interrupt();
      delete(folder);
    }
  }

  /** Without its node the main thread cannot go on, and cleans up. */
  private static void giveUpAfter(Duration limit) {
    try {
      Thread.sleep(limit);
      System.err.println("bench: not done after " + limit.toSeconds() + " s, giving up");
      ProcessHandle.current().descendants().forEach(ProcessHandle::destroyForcibly);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private void run() throws IOException, InterruptedException {
    var began = System.nanoTime();
    var load = loadAverage();
    String session;
    try (var node = start("first", command)) {
      session = measure(node);
    }
    // The same data once more: what is asked for now lies in the journal alone.
    try (var node = start("first", command)) {
      var replay = new Load(node).replay(session, REPLAYED, 1);
      table.row(
          "the same from the journal, after a restart, ms", number(replay.median()), "-", "< 50");
    }
    firstTurns();
    starts();
    System.out.printf(
        "%n%d cores, load average before %s and after %s, %d s%n",
        Runtime.getRuntime().availableProcessors(),
        load,
        loadAverage(),
        Duration.ofNanos(System.nanoTime() - began).toSeconds());
  }

  private NodeProcess start(String data, List<String> how)
      throws IOException, InterruptedException {
    return NodeProcess.start(how, folder.resolve(data).resolve("data"), freePort(), Map.of());
  }

  /** A new session's first turn, with and without sandboxes that wait for it. */
  private void firstTurns() throws IOException, InterruptedException {
    for (var warm : List.of("0", "4")) {
      var data = folder.resolve("warm-" + warm).resolve("data");
      try (var node =
          NodeProcess.start(command, data, freePort(), Map.of("ASH_WARM_SANDBOXES", warm))) {
        var turns = new Load(node).createToFirstDone(FIRST_TURNS);
        table.row(
            "create to the end of the first turn (mock: 50), %s warm sandboxes, p50 / p95 ms"
                .formatted(warm),
            number(turns.median()) + " / " + number(turns.percentile(95)),
            "-",
            "-");
      }
    }
  }

  /** The node's start on an empty folder, with and without the AOT cache. */
  private void starts() throws IOException, InterruptedException {
    var without = command.stream().filter(word -> !word.startsWith("-XX:AOTCache")).toList();
    if (without.size() < command.size()) {
      table.row("start to healthy, s", startSeconds(command, 3), "1.0-1.3", "<= 2");
    }
    table.row("the same without AOT cache, s", startSeconds(without, 1), "-", "-");
  }

  private String startSeconds(List<String> how, int times)
      throws IOException, InterruptedException {
    var all = new Samples();
    for (var i = 0; i < times; i++) {
      try (var node = start("start-" + how.size() + "-" + i, how)) {
        all.add(node.startToHealthy().toNanos());
      }
    }
    var least = number(all.percentile(1) / 1000);
    return times == 1 ? least : least + " to " + number(all.percentile(100) / 1000);
  }

  private String measure(NodeProcess node) throws IOException, InterruptedException {
    var load = new Load(node);
    load.deploy();
    var talkers = load.createInTurn(AT_ONCE).ids();
    load.warm(talkers);
    load.talk(talkers, true, Duration.ofSeconds(5), Integer.MAX_VALUE);

    create(load);
    alone(node, load, talkers.getFirst());
    many(node, load, talkers, "1485, 106", "mock's own limit: 1750, 125", "164", "limit: 200");
    var all = new ArrayList<>(talkers);
    all.addAll(load.createAtOnce(MANY - AT_ONCE).ids());
    load.warm(all);
    many(node, load, all, "2995, 214", "8985, 642 (limit: 8750, 625)", "-", "limit: 1000");
    memory(node);

    var talkative = load.createInTurn(1).ids().getFirst();
    load.script(talkative, REPLAYED);
    table.row(
        "reconnect, replay of 1,000 events from memory, p50 ms",
        number(load.replay(talkative, REPLAYED, 10).median()),
        "impossible",
        "< 50");
    return talkative;
  }

  private void create(Load load) throws IOException, InterruptedException {
    var inTurn = load.createInTurn(20);
    load.warm(inTurn.ids());
    table.row(
        "create one after the other, p50 / p95 ms",
        number(inTurn.each().median()) + " / " + number(inTurn.each().percentile(95)),
        "80 / 124",
        "< 10");
    var least = load.createAtOnce(AT_ONCE);
    load.warm(least.ids());
    for (var i = 1; i < 3; i++) {
      var next = load.createAtOnce(AT_ONCE);
      load.warm(next.ids());
      least = next.each().median() < least.each().median() ? next : least;
    }
    table.row(
        "create 10 at once, best of 3, p50 ms (wall)",
        number(least.each().median()) + " (" + number(least.wallMillis()) + ")",
        "488 (583)",
        "< 50");
  }

  private void alone(NodeProcess node, Load load, String session)
      throws IOException, InterruptedException {
    var cpu = Cpu.of(node);
    var plain = load.talk(List.of(session), false, Duration.ofSeconds(20), 100);
    var used = Cpu.of(node).since(cpu);
    table.row(
        "message alone: first event p50 / p99 ms",
        number(plain.first().median()) + " / " + number(plain.first().percentile(99)),
        "3.3 / 10.9",
        "-");
    table.row(
        "message alone: done p50 / p99 ms (mock: 50)",
        number(plain.done().median()) + " / " + number(plain.done().percentile(99)),
        "58.1 / 73.6",
        "<= 55");
    table.row(
        "message alone: node CPU s per 1000 (sandbox)", used.per(plain.messages()), "7.6", "-");
    var partials = load.talk(List.of(session), true, Duration.ofSeconds(20), 50);
    table.row(
        "message alone, partials: done p50 / p99 ms (mock: 80)",
        number(partials.done().median()) + " / " + number(partials.done().percentile(99)),
        "88.9",
        "<= 85");
    var pausing = load.pauseAndResume(session, 20);
    table.row(
        "pause p50, warm resume p50 ms",
        number(pausing[0].median()) + ", " + number(pausing[1].median()),
        "2.8, 1.6",
        "-");
  }

  private void many(
      NodeProcess node,
      Load load,
      List<String> sessions,
      String reference,
      String target,
      String plainReference,
      String plainTarget)
      throws IOException, InterruptedException {
    var cpu = Cpu.of(node);
    var partials = load.talk(sessions, true, LOAD, Integer.MAX_VALUE);
    var used = Cpu.of(node).since(cpu);
    var name = sessions.size() + " sessions";
    table.row(
        name + ", partials: events/s, messages/s",
        number(partials.eventsPerSecond()) + ", " + number(partials.messagesPerSecond()),
        reference,
        target);
    table.row(
        name + ", partials: done p50 / p99 ms (mock: 80)",
        number(partials.done().median()) + " / " + number(partials.done().percentile(99)),
        "-",
        "-");
    table.row(
        name + ", partials: node CPU s per 1000 (sandboxes)",
        used.per(partials.messages()),
        "4.1",
        "<= 2");
    cpu = Cpu.of(node);
    var plain = load.talk(sessions, false, LOAD, Integer.MAX_VALUE);
    used = Cpu.of(node).since(cpu);
    table.row(
        name + ": messages/s", number(plain.messagesPerSecond()), plainReference, plainTarget);
    table.row(name + ": node CPU s per 1000 (sandboxes)", used.per(plain.messages()), "-", "<= 2");
  }

  /** CPU seconds used so far, by the node alone and by all that runs in its sandboxes. */
  private record Cpu(double node, double sandboxes) {
    static Cpu of(NodeProcess node) {
      return new Cpu(
          Processes.cpuSeconds(List.of(node.handle())), Processes.cpuSeconds(node.sandboxes()));
    }

    Cpu since(Cpu before) {
      return new Cpu(node - before.node, sandboxes - before.sandboxes);
    }

    String per(long messages) {
      return "%s (%s)"
          .formatted(number(node / messages * 1000), number(sandboxes / messages * 1000));
    }
  }

  private void memory(NodeProcess node) throws IOException {
    var sandboxes = node.handle().children().count();
    table.row(
        "node RSS with %d sessions live, MB".formatted(sandboxes),
        number(Processes.residentMegabytes(node.handle())),
        "105-151",
        "-");
    table.row(
        "one sandbox, Pss MB",
        number(Processes.proportionalMegabytes(node.sandboxes()) / sandboxes),
        "8.8",
        "-");
  }

  static int freePort() throws IOException {
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private static String loadAverage() throws IOException {
    return Files.readString(Path.of("/proc/loadavg")).split(" ", 2)[0];
  }

  static void delete(Path folder) throws IOException {
    try (var paths = Files.walk(folder)) {
      for (var path : paths.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(path);
      }
    }
  }
}
