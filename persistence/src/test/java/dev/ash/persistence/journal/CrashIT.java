package dev.ash.persistence.journal;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ash.config.DatabaseConfig;
import dev.ash.config.NodeConfig;
import dev.ash.persistence.Migrations;
import dev.ash.persistence.PooledDatabase;
import dev.ash.persistence.TestDatabases;
import dev.ash.persistence.journal.SessionLog.Stored;
import dev.ash.persistence.table.SessionRow;
import dev.ash.persistence.table.SessionTable;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A writer is killed in the middle of its work, and what it had acknowledged is looked for. */
final class CrashIT {
  private static final int ACKNOWLEDGED = 2000;

  @TempDir private Path folder = Path.of("");

  @Test
  @Timeout(120)
  void killingTheWriterLosesNothingThatWasAcknowledged() throws Exception {
    var config = new DatabaseConfig.Sqlite(folder.resolve("ash.db"));
    var acknowledged = killInMidWrite(config.file());

    Migrations.run(config, TestDatabases.CLOCK);
    var actors = ActorTestKit.create(NodeConfig.load(TestDatabases.settings(config)));
    try (var database = PooledDatabase.besideJournal(actors.system(), config)) {
      var log = new SessionLog(database, actors.system());
      var table = new SessionTable(database);
      for (var session = 0; session < CrashingWriter.SESSIONS; session++) {
        var id = CrashingWriter.id(session);
        var events = acknowledged.getOrDefault("event " + session, 0L);
        var rows = acknowledged.getOrDefault("row " + session, 0L);
        var stored = log.read(id, 0, Integer.MAX_VALUE, Long.MAX_VALUE);

        assertThat(stored).hasSizeGreaterThanOrEqualTo(events.intValue());
        assertThat(stored)
            .isEqualTo(
                LongStream.rangeClosed(1, stored.size())
                    .mapToObj(n -> new Stored(n, CrashingWriter.event(n)))
                    .toList());
        assertThat(table.find(id).map(SessionRow::sequence).orElse(0L))
            .isBetween(rows, (long) stored.size());
      }
    } finally {
      actors.shutdownTestKit();
    }
  }

  /** The highest number that each line's beginning was printed with. */
  private Map<String, Long> killInMidWrite(Path file) throws IOException, InterruptedException {
    var writer =
        new ProcessBuilder(
                List.of(
                    ProcessHandle.current().info().command().orElseThrow(),
                    "-cp",
                    System.getProperty("java.class.path"),
                    "--enable-native-access=ALL-UNNAMED",
                    "--sun-misc-unsafe-memory-access=allow",
                    "--add-opens=java.base/java.lang=ALL-UNNAMED",
                    CrashingWriter.class.getName(),
                    file.toString()))
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    var acknowledged = new HashMap<String, Long>();
    try (var lines = new BufferedReader(new InputStreamReader(writer.getInputStream(), UTF_8))) {
      var count = 0;
      for (var line = lines.readLine(); line != null; line = lines.readLine()) {
        var space = line.lastIndexOf(' ');
        acknowledged.put(line.substring(0, space), Long.valueOf(line.substring(space + 1)));
        if (++count == ACKNOWLEDGED) {
          // By its handle: the process object would throw away what is still in the pipe.
          writer.toHandle().destroyForcibly();
        }
      }
      assertThat(count).isGreaterThanOrEqualTo(ACKNOWLEDGED);
    } finally {
      writer.destroyForcibly();
      assertThat(writer.waitFor(10, TimeUnit.SECONDS)).isTrue();
    }
    return acknowledged;
  }
}
