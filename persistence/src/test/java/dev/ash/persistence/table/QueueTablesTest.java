package dev.ash.persistence.table;

import static dev.ash.persistence.TestDatabases.NOW;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ash.persistence.Database;
import dev.ash.persistence.Database.Dialect;
import dev.ash.persistence.PooledDatabase;
import dev.ash.persistence.TestDatabases;
import dev.ash.protocol.id.SessionId;
import dev.ash.protocol.id.TenantId;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

@ParameterizedClass
@EnumSource(Dialect.class)
final class QueueTablesTest {
  private static final TenantId ACME = new TenantId("acme");
  private static final TenantId OTHER = new TenantId("other");
  private static final SessionId SESSION = SessionId.of(new UUID(0, 1));
  private static final QueueRow.Turn TURN = new QueueRow.Turn(4, "17.2147483647");
  private static final Instant UNTIL = NOW.plusSeconds(15);

  private final Dialect dialect;
  @TempDir private Path folder = Path.of("");
  private Database database;
  private QueueTable table;
  private QueueClaims claims;

  QueueTablesTest(Dialect dialect) {
    this.dialect = dialect;
  }

  @BeforeEach
  void open() {
    database = PooledDatabase.alone(TestDatabases.migrated(dialect, folder));
    table = new QueueTable(database);
    claims = new QueueClaims(database);
  }

  @AfterEach
  void close() {
    database.close();
  }

  @Test
  void anItemIsStoredOnceAndSeenByItsTenantOnly() {
    var item = item("1", ACME, 0, 0);
    assertThat(table.insert(item)).isEqualTo(item);
    assertThat(table.insert(item("1", ACME, 9, 9))).isEqualTo(item);
    table.insert(item("2", ACME, 0, 5));
    table.insert(item("3", OTHER, 0, 0));

    assertThat(table.find(ACME, "1")).contains(item);
    assertThat(table.find(OTHER, "1")).isEmpty();
    assertThat(table.list(ACME, Optional.empty(), 50).stream().map(QueueRow::id))
        .containsExactly("2", "1");
    assertThat(table.list(ACME, Optional.empty(), 1).stream().map(QueueRow::id))
        .containsExactly("2");
    assertThat(table.list(ACME, Optional.of("failed"), 50)).isEmpty();
    assertThat(table.countByStatus(ACME)).isEqualTo(Map.of("pending", 2L));
  }

  @Test
  void theMostUrgentIsClaimedFirstAndOfEqualsTheOldest() {
    table.insert(item("late", ACME, 0, 9));
    table.insert(item("urgent", ACME, 5, 8));
    table.insert(item("early", ACME, 0, 1));
    table.insert(item("theirs", OTHER, 9, 0));
    assertThat(claims.waiting(NOW)).isEqualTo(Map.of(ACME, 0, OTHER, 0));

    assertThat(claim("n1").id()).isEqualTo("urgent");
    assertThat(claim("n1").id()).isEqualTo("early");
    assertThat(claims.waiting(NOW)).isEqualTo(Map.of(ACME, 2, OTHER, 0));
    var last = claim("n1");
    assertThat(last.id()).isEqualTo("late");
    assertThat(last.status()).isEqualTo("processing");
    assertThat(last.startedAt()).contains(NOW);
    assertThat(claims.claim(ACME, "n1", NOW, UNTIL)).isEmpty();
    assertThat(claims.waiting(NOW)).isEqualTo(Map.of(OTHER, 0));
  }

  @Test
  void noItemIsClaimedTwiceHoweverManyTry() {
    IntStream.range(0, 30).forEach(i -> table.insert(item("i" + i, ACME, 0, i)));
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var claimed =
          IntStream.range(0, 60)
              .mapToObj(
                  i ->
                      CompletableFuture.supplyAsync(
                          () -> claims.claim(ACME, "n" + i % 6, NOW, UNTIL), threads))
              .toList()
              .stream()
              .flatMap(future -> future.join().stream())
              .map(QueueRow::id)
              .toList();

      assertThat(claimed).doesNotHaveDuplicates();
      var rest = 0;
      while (claims.claim(ACME, "rest", NOW, UNTIL).isPresent()) {
        rest++;
      }
      assertThat(claimed.size() + rest).isEqualTo(30);
    }
  }

  @Test
  void anotherGoesOnWhenTheLeaseIsOverAndTheFirstChangesNothingAnyMore() {
    table.insert(item("1", ACME, 0, 0));
    var first = claim("n1");
    assertThat(claims.began(first, SESSION, TURN)).isTrue();
    assertThat(claims.renew("n1", UNTIL)).containsExactly("1");
    assertThat(claims.claim(ACME, "n2", UNTIL.minusMillis(1), UNTIL)).isEmpty();

    var second = claims.claim(ACME, "n2", UNTIL, UNTIL.plusSeconds(15)).orElseThrow();

    assertThat(second.turn()).contains(TURN);
    assertThat(second.session()).contains(SESSION);
    assertThat(second.startedAt()).contains(NOW);
    assertThat(claims.renew("n1", UNTIL.plusSeconds(30))).isEmpty();
    assertThat(claims.completed(first, NOW)).isFalse();
    assertThat(claims.retryLater(first, "x", NOW)).isFalse();
    assertThat(claims.began(first, SESSION, TURN)).isFalse();
    assertThat(claims.completed(second, UNTIL)).isTrue();
    assertThat(claims.failed(second, "x", UNTIL)).isFalse();
    var done = table.find(ACME, "1").orElseThrow();
    assertThat(done.status()).isEqualTo("completed");
    assertThat(done.completedAt()).contains(UNTIL);
  }

  @Test
  void aRetryIsAnotherAttemptAndWhatIsPostponedTheSame() {
    table.insert(item("1", ACME, 0, 0));
    var first = claim("n1");
    claims.began(first, SESSION, TURN);
    assertThat(claims.postpone(first, "no room", NOW.plusSeconds(5))).isTrue();
    assertThat(claims.claim(ACME, "n1", NOW.plusSeconds(4), UNTIL)).isEmpty();
    assertThat(claims.waiting(NOW.plusSeconds(4))).isEmpty();
    assertThat(table.find(ACME, "1").flatMap(QueueRow::error)).contains("no room");

    var again = claims.claim(ACME, "n1", NOW.plusSeconds(5), UNTIL).orElseThrow();
    assertThat(again.retryCount()).isZero();
    assertThat(again.turn()).contains(TURN);
    assertThat(again.startedAt()).contains(NOW.plusSeconds(5));

    assertThat(claims.retryLater(again, "broke", NOW.plusSeconds(10))).isTrue();
    var next = claims.claim(ACME, "n1", NOW.plusSeconds(10), UNTIL).orElseThrow();
    assertThat(next.retryCount()).isEqualTo(1);
    assertThat(next.turn()).isEmpty();
    assertThat(claims.failed(next, "broke again", UNTIL)).isTrue();
    assertThat(table.countByStatus(ACME)).isEqualTo(Map.of("failed", 1L));
  }

  @Test
  void whatIsCancelledIsLostToWhoWorksOnIt() {
    table.insert(item("1", ACME, 0, 0));
    table.insert(item("2", ACME, 0, 1));
    var working = claim("n1");

    assertThat(table.cancel(OTHER, "1")).isEmpty();
    assertThat(table.cancel(ACME, "1").map(QueueRow::status)).contains("cancelled");
    assertThat(table.cancel(ACME, "1")).isEmpty();
    assertThat(table.cancel(ACME, "2").flatMap(QueueRow::completedAt)).isEmpty();
    assertThat(claims.renew("n1", UNTIL)).isEmpty();
    assertThat(claims.completed(working, NOW)).isFalse();
    assertThat(claims.waiting(UNTIL)).isEmpty();
  }

  @Test
  void leasesCanBeGivenUp() {
    table.insert(item("1", ACME, 0, 0));
    table.insert(item("2", ACME, 0, 1));
    claim("n1");
    claim("n2");

    assertThat(claims.release("n1")).isEqualTo(1);
    assertThat(claim("n3").id()).isEqualTo("1");
    assertThat(claims.endAll()).isEqualTo(2);
    assertThat(claims.waiting(NOW).keySet()).isEqualTo(Set.of(ACME));
  }

  @Test
  void countsOwnersThatFellSilentAndNotThoseThatGaveBack() {
    table.insert(item("1", ACME, 0, 0));
    assertThat(claim("n1").takeovers()).isZero();
    claims.release("n1");
    assertThat(claim("n2").takeovers()).isZero();
    var later = UNTIL.plusMillis(1);
    assertThat(claims.claim(ACME, "n3", later, later.plusSeconds(9)).orElseThrow().takeovers())
        .isEqualTo(1);
    assertThat(claims.endAll()).isEqualTo(1);
    assertThat(claims.endAll()).as("a second start without a claim between").isZero();
    var again = claims.claim(ACME, "n4", later, later.plusSeconds(9)).orElseThrow();
    assertThat(again.takeovers()).isEqualTo(2);

    assertThat(claims.retryLater(again, "broke", later)).isTrue();
    assertThat(claims.claim(ACME, "n4", later, later.plusSeconds(9)).orElseThrow().takeovers())
        .as("of a new attempt")
        .isZero();
  }

  private QueueRow claim(String owner) {
    return claims.claim(ACME, owner, NOW, UNTIL).orElseThrow();
  }

  private static QueueRow item(String id, TenantId tenant, int priority, int second) {
    return new QueueRow(
        id,
        tenant,
        "helper",
        "\"a \\u0000 prompt\"",
        Optional.empty(),
        false,
        "pending",
        priority,
        0,
        3,
        Optional.empty(),
        NOW.plusSeconds(second),
        Optional.empty(),
        Optional.empty(),
        0,
        0,
        Optional.empty());
  }
}
