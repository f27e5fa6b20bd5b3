package dev.ash.gateway.audit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ash.gateway.audit.UsageLedger.Missed;
import dev.ash.gateway.audit.UsageLedger.Query;
import dev.ash.gateway.audit.UsageLedger.Sums;
import dev.ash.gateway.audit.UsageReport.By;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
final class UsageLedgerTest {
  private static final Query ALL = query(List.of(By.CONSUMER, By.MODEL, By.DAY));

  @TempDir Path folder;
  private Path log;
  private int sequence;

  @BeforeEach
  void name() {
    log = folder.resolve("audit.log");
  }

  @Test
  void addsUpWhatComesAsTheCommandDoes() throws Exception {
    try (var ledger = new UsageLedger()) {
      write(log, line("a", "m", "2026-11-01", 3), line("b", "m", "2026-11-01", 5));
      assertSame(ledger, log);
      assertThat(sums(ledger, ALL).total().requests()).isEqualTo(2);

      write(log, line("a", "m", "2026-11-02", 7), "{\"torn", "{\"user_id\":\"foreign\"}");
      assertSame(ledger, log);
      assertThat(sums(ledger, ALL).total().tokens()).isEqualTo(15);
      assertThat(sums(ledger, ALL).missed()).isEqualTo(new Missed(1, 0, 1));
    }
  }

  @Test
  void aLineThatIsBeingWrittenCountsWhenItIsWhole() throws Exception {
    try (var ledger = new UsageLedger()) {
      var line = line("a", "m", "2026-11-01", 3);
      write(log, line("a", "m", "2026-11-01", 1));
      Files.writeString(log, line.substring(0, 30), StandardOpenOption.APPEND);
      assertThat(sums(ledger, ALL).total().tokens()).isEqualTo(1);

      Files.writeString(log, line.substring(30) + "\n", StandardOpenOption.APPEND);
      assertThat(sums(ledger, ALL).total().tokens()).isEqualTo(4);
      assertThat(sums(ledger, ALL).missed()).isEqualTo(new Missed(0, 0, 0));
    }
  }

  @Test
  void everyFileOfARotatedLogCountsOnce() throws Exception {
    try (var ledger = new UsageLedger()) {
      write(log, line("a", "m", "2026-11-01", 1));
      assertThat(sums(ledger, ALL).total().tokens()).isEqualTo(1);
      var moved = Files.move(log, folder.resolve("audit.log.1"));
      write(log, line("a", "m", "2026-11-02", 10));
      write(folder.resolve("audit-20261031.log"), line("a", "m", "2026-10-31", 100));
      write(folder.resolve("audit.log.bak"), line("copy", "m", "2026-11-01", 5_000));
      write(folder.resolve("other.log"), line("other", "m", "2026-11-01", 5_000));
      Files.writeString(folder.resolve("audit.log.chain"), "1:2\n");
      assertSame(ledger, log, moved, folder.resolve("audit-20261031.log"));

      // While it is being compressed there are two of it.
      pack(moved);
      assertThat(sums(ledger, ALL).total().tokens()).isEqualTo(111);
      Files.delete(moved);
      assertThat(sums(ledger, ALL).total().tokens()).isEqualTo(111);
      assertThat(sums(ledger, ALL).rows()).hasSize(3);
      Files.delete(folder.resolve("audit.log.1.gz"));
      assertThat(sums(ledger, ALL).total().tokens()).isEqualTo(110);
    }
  }

  @Test
  void aFileThatWasCutOrWrittenAnewIsReadAnew() throws Exception {
    try (var ledger = new UsageLedger()) {
      write(log, line("a", "m", "2026-11-01", 1), line("a", "m", "2026-11-01", 1));
      assertThat(sums(ledger, ALL).total().tokens()).isEqualTo(2);

      Files.writeString(log, "");
      assertThat(sums(ledger, ALL).rows()).isEmpty();
      write(
          log,
          line("longer-than-before", "m", "2026-11-02", 5),
          line("longer-than-before", "m", "2026-11-02", 5),
          line("longer-than-before", "m", "2026-11-02", 5));
      assertThat(sums(ledger, ALL).total().tokens()).isEqualTo(15);
      Files.writeString(
          log, Files.readString(log).replace("longer-than-before", "another-of-them---"));
      assertThat(sums(ledger, query(List.of(By.CONSUMER))).rows())
          .containsOnlyKeys(List.of("another-of-them---"));
    }
  }

  @Test
  void picksDaysAndConsumers() throws Exception {
    try (var ledger = new UsageLedger()) {
      write(
          log,
          line("a", "m", "2026-11-01", 1),
          line("a", "n", "2026-11-02", 10),
          line("b", "m", "2026-11-02", 100),
          line("a", "m", "2026-11-03", 1_000));

      var days =
          new Query(
              List.of(By.CONSUMER),
              Optional.of("2026-11-02"),
              Optional.of("2026-11-02"),
              Optional.empty());
      assertThat(sums(ledger, days).rows()).containsOnlyKeys(List.of("a"), List.of("b"));
      assertThat(sums(ledger, days).total().tokens()).isEqualTo(110);
      var ofA = new Query(List.of(By.MODEL), Optional.empty(), Optional.empty(), Optional.of("a"));
      assertThat(sums(ledger, ofA).rows()).containsOnlyKeys(List.of("m"), List.of("n"));
      assertThat(sums(ledger, ofA).total().tokens()).isEqualTo(1_011);
    }
  }

  @Test
  void whatACallerChoosesDoesNotFillTheMemory() throws Exception {
    try (var ledger = new UsageLedger()) {
      var lines = new ArrayList<String>();
      for (var i = 0; i < 3 * LoggedFile.MOST_MODELS; i++) {
        lines.add(line("a", "model-" + i, "2026-11-01", 1));
      }
      lines.add(line("b", "m", "2026-11-01", 1));
      write(log, lines.toArray(String[]::new));

      assertThat(sums(ledger, ALL).rows()).hasSize(LoggedFile.MOST_MODELS + 2);
      var others = new Query(ALL.by(), ALL.from(), ALL.to(), Optional.of("a"));
      assertThat(sums(ledger, others).rows().firstEntry().getKey())
          .containsExactly("a", "(others)", "2026-11-01");
      assertThat(sums(ledger, others).rows().firstEntry().getValue().tokens())
          .isEqualTo(2 * LoggedFile.MOST_MODELS);
      assertThat(sums(ledger, ALL).total().tokens()).isEqualTo(lines.size());
    }
    try (var small = new UsageLedger(3)) {
      var all = sums(small, ALL);
      // A consumer's models are one before all consumers are.
      assertThat(all.rows()).hasSize(5);
      assertThat(all.rows())
          .containsKey(List.of("a", "(others)", "2026-11-01"))
          .containsKey(List.of("(others)", "(others)", "2026-11-01"));
      assertThat(all.total().tokens()).isEqualTo(3 * LoggedFile.MOST_MODELS + 1);
      var ofB = new Query(ALL.by(), ALL.from(), ALL.to(), Optional.of("b"));
      assertThat(sums(small, ofB).folded()).isEqualTo(1);
      var later = new Query(ALL.by(), Optional.of("2026-11-02"), ALL.to(), Optional.of("b"));
      assertThat(sums(small, later).isPartial()).isFalse();
    }
  }

  @Test
  void aSumThatSeveralFilesHaveNeedsRoomOnce() throws Exception {
    try (var ledger = new UsageLedger(2)) {
      write(log, line("a", "m", "2026-11-01", 1), line("b", "m", "2026-11-01", 1));
      write(
          folder.resolve("audit.log.1"),
          line("a", "m", "2026-11-01", 10),
          line("b", "m", "2026-11-01", 10));

      assertThat(sums(ledger, ALL).rows()).hasSize(2);
      assertThat(sums(ledger, ALL).folded()).isZero();
      // Its room is free again when the file is gone.
      Files.delete(folder.resolve("audit.log.1"));
      Files.writeString(log, "");
      assertThat(sums(ledger, ALL).rows()).isEmpty();
      write(log, line("c", "m", "2026-11-02", 1), line("d", "m", "2026-11-02", 1));
      assertThat(sums(ledger, ALL).rows())
          .containsOnlyKeys(List.of("c", "m", "2026-11-02"), List.of("d", "m", "2026-11-02"));
    }
  }

  @Test
  void aDamagedFileIsNamedAndCountsUpToTheDamage() throws Exception {
    try (var ledger = new UsageLedger()) {
      write(log, line("a", "m", "2026-11-01", 1));
      var broken = folder.resolve("audit.log-20261101.gz");
      Files.writeString(broken, "no gzip");
      for (var i = 0; i < 2; i++) {
        assertThat(sums(ledger, ALL).total().tokens()).isEqualTo(1);
        assertThat(sums(ledger, ALL).damaged()).containsExactly("audit.log-20261101.gz");
      }

      var whole = folder.resolve("audit.log-20261031");
      write(whole, line("a", "m", "2026-10-31", 10));
      pack(whole);
      Files.delete(whole);
      var packed = folder.resolve("audit.log-20261031.gz");
      var bytes = Files.readAllBytes(packed);
      Files.write(packed, java.util.Arrays.copyOf(bytes, bytes.length - 4));
      assertThat(sums(ledger, ALL).damaged()).hasSize(2);
      Files.write(packed, bytes);
      Files.delete(broken);
      assertThat(sums(ledger, ALL).total().tokens()).isEqualTo(11);
      assertThat(sums(ledger, ALL).isPartial()).isFalse();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"1e400", "-1e400", "1e999999999", "\"dear\"", "null"})
  void aCostThatNoGatewayWroteIsUnknown(String cost) throws Exception {
    try (var ledger = new UsageLedger()) {
      write(
          log,
          line("a", "m", "2026-11-01", 1),
          line("a", "m", "2026-11-01", 2).replace("0.25", cost),
          line("a", "m", "2026-11-01", 4));
      assertSame(ledger, log);
      var total = sums(ledger, ALL).total();
      assertThat(total.requests()).isEqualTo(3);
      assertThat(total.plainCost()).isEqualTo("0.5");
      assertThat(total.unpricedTokens()).isEqualTo(2);
    }
  }

  private static Query query(List<By> by) {
    return new Query(by, Optional.empty(), Optional.empty(), Optional.empty());
  }

  private Sums sums(UsageLedger ledger, Query query) throws Exception {
    return ledger.sums(log, query, Duration.ofSeconds(30)).orElseThrow();
  }

  private void assertSame(UsageLedger ledger, Path... files) throws Exception {
    var report = new UsageReport(ALL.by());
    for (var file : files) {
      report.add(file);
    }
    var sums = sums(ledger, ALL);
    assertThat(sums.rows()).isEqualTo(report.sums());
    assertThat(sums.total()).isEqualTo(report.total());
    assertThat(sums.missed())
        .isEqualTo(new Missed(report.unreadable(), report.lost(), report.foreign()));
  }

  private String line(String consumer, String model, String day, int tokens) {
    sequence++;
    return ("{\"seq\":%d,\"timestamp\":\"%sT00:00:00Z\",\"user_id\":\"%s\",\"tokens_used\":%d,"
            + "\"tokens_input\":%d,\"cost_usd\":0.25,\"model\":\"%s\",\"hash\":\"x\"}")
        .formatted(sequence, day, consumer, tokens, tokens, model);
  }

  private static void write(Path file, String... lines) throws IOException {
    Files.writeString(
        file,
        String.join("\n", lines) + "\n",
        StandardOpenOption.CREATE,
        StandardOpenOption.APPEND);
  }

  private static void pack(Path file) throws IOException {
    try (var out = new GZIPOutputStream(Files.newOutputStream(Path.of(file + ".gz")))) {
      Files.copy(file, out);
    }
  }
}
