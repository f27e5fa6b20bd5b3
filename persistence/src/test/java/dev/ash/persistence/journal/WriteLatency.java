package dev.ash.persistence.journal;

import dev.ash.config.NodeConfig;
import dev.ash.persistence.Database.Dialect;
import dev.ash.persistence.PooledDatabase;
import dev.ash.persistence.TestDatabases;
import dev.ash.persistence.journal.Recorder.Store;
import dev.ash.persistence.table.DirectoryWriter;
import dev.ash.persistence.table.SessionRow;
import dev.ash.persistence.table.SessionTable;
import dev.ash.persistence.table.TranscriptTable;
import dev.ash.protocol.id.AgentName;
import dev.ash.protocol.id.SessionId;
import dev.ash.protocol.id.TenantId;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.typed.javadsl.AskPattern;

/**
 * Prints how long one row takes while the journal is idle and while it is busy. The figures of
 * docs/adr/0003 came from here; arguments: dialect, entities that write without a pause.
 */
final class WriteLatency {
  private static final TenantId ACME = new TenantId("acme");
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final int SAMPLES = 1000;

  private WriteLatency() {}

  static void main(String[] args) throws Exception {
    var dialect = Dialect.valueOf(args[0]);
    var config =
        TestDatabases.migrated(dialect, Files.createTempDirectory(Path.of("target"), "lat"));
    var actors = ActorTestKit.create(NodeConfig.load(TestDatabases.settings(config)));
    var database = PooledDatabase.besideJournal(actors.system(), config);
    var table = new SessionTable(database);
    var transcript = new TranscriptTable(database);
    var persisted = new AtomicLong();
    try (var directory = new DirectoryWriter(table, 5000)) {
      measure("warm-up", () -> table.upsert(List.of(row(0))));
      measure("row, journal idle", () -> table.upsert(List.of(row(1))));
      measure(
          "queued row, journal idle", () -> directory.write(row(2)).toCompletableFuture().join());
      for (var i = 0; i < Integer.parseInt(args[1]); i++) {
        var entity = actors.spawn(Recorder.create(id(100 + i)));
        Thread.ofVirtual()
            .start(
                () -> {
                  while (true) {
                    AskPattern.<Recorder.Command, Long>ask(
                            entity,
                            to -> new Store(List.of(CrashingWriter.event(1)), to),
                            PATIENCE,
                            actors.scheduler())
                        .toCompletableFuture()
                        .join();
                    persisted.incrementAndGet();
                  }
                });
      }
      var began = System.nanoTime();
      measure("row, journal busy", () -> table.upsert(List.of(row(3))));
      measure(
          "queued row, journal busy", () -> directory.write(row(4)).toCompletableFuture().join());
      measure(
          "transcript chunk, journal busy", () -> transcript.append(id(1), "a", "x".repeat(2000)));
      measure("read, journal busy", () -> table.find(id(1)));
      var seconds = (System.nanoTime() - began) / 1e9;
      System.out.printf("persisted meanwhile: %.0f/s%n", persisted.get() / seconds);
    }
    Runtime.getRuntime().halt(0);
  }

  private static void measure(String what, Runnable work) {
    var micros = new ArrayList<Long>();
    for (var i = 0; i < SAMPLES; i++) {
      var began = System.nanoTime();
      work.run();
      micros.add(TimeUnit.NANOSECONDS.toMicros(System.nanoTime() - began));
    }
    Collections.sort(micros);
    System.out.printf(
        "%-32s p50 %.2f ms  p95 %.2f ms  p99 %.2f ms%n",
        what,
        micros.get(SAMPLES / 2) / 1000.0,
        micros.get(SAMPLES * 95 / 100) / 1000.0,
        micros.get(SAMPLES * 99 / 100) / 1000.0);
  }

  private static SessionId id(int n) {
    return SessionId.of(new UUID(9, n));
  }

  private static SessionRow row(int n) {
    return new SessionRow(
        id(n),
        ACME,
        new AgentName("helper"),
        "active",
        Optional.empty(),
        "{}",
        Optional.empty(),
        TestDatabases.NOW,
        TestDatabases.NOW,
        1);
  }
}
