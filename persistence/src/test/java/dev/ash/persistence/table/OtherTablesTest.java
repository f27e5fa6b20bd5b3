package dev.ash.persistence.table;

import static dev.ash.persistence.TestDatabases.NOW;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ash.persistence.Database;
import dev.ash.persistence.Database.DatabaseException;
import dev.ash.persistence.Database.Dialect;
import dev.ash.persistence.PooledDatabase;
import dev.ash.persistence.TestDatabases;
import dev.ash.persistence.table.AgentTable.Deployment;
import dev.ash.persistence.table.ApiKeyTable.ApiKeyRow;
import dev.ash.persistence.table.AttachmentTable.AttachmentRow;
import dev.ash.persistence.table.IdempotencyTable.Remembered;
import dev.ash.persistence.table.IdempotencyTable.RequestKey;
import dev.ash.persistence.table.TranscriptTable.Chunk;
import dev.ash.protocol.id.AgentName;
import dev.ash.protocol.id.Digest;
import dev.ash.protocol.id.SessionId;
import dev.ash.protocol.id.TenantId;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
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
final class OtherTablesTest {
  private static final TenantId ACME = new TenantId("acme");
  private static final TenantId OTHER = new TenantId("other");
  private static final AgentName HELPER = new AgentName("helper");
  private static final SessionId ONE = SessionId.of(new UUID(0, 1));
  private static final SessionId TWO = SessionId.of(new UUID(0, 2));
  private static final Digest FOLDER = Digest.of(new byte[] {1});
  private static final Digest NEW_FOLDER = Digest.of(new byte[] {2});
  private static final Instant LATER = NOW.plusSeconds(60);

  private final Dialect dialect;
  @TempDir private Path folder = Path.of("");
  private Database database;

  OtherTablesTest(Dialect dialect) {
    this.dialect = dialect;
  }

  @BeforeEach
  void open() {
    database = PooledDatabase.alone(TestDatabases.migrated(dialect, folder));
  }

  @AfterEach
  void close() {
    database.close();
  }

  @Test
  void aTranscriptIsReadInTheOrderInWhichItWasWritten() {
    var table = new TranscriptTable(database);
    assertThat(table.append(ONE, "a.jsonl", "{\"n\":1}\n")).isEqualTo(1);
    assertThat(table.append(ONE, "b.jsonl", "{\"n\":2}\n")).isEqualTo(2);
    assertThat(table.append(TWO, "c.jsonl", "{\"n\":3}\n")).isEqualTo(1);

    assertThat(chunks(table, ONE))
        .containsExactly(
            new Chunk(1, "a.jsonl", "{\"n\":1}\n"), new Chunk(2, "b.jsonl", "{\"n\":2}\n"));
    assertThat(table.delete(ONE)).isEqualTo(2);
    assertThat(chunks(table, ONE)).isEmpty();
    assertThat(chunks(table, TWO)).hasSize(1);
  }

  @Test
  void aForkCopiesTheTranscriptOnceHoweverOftenItIsAsked() {
    var table = new TranscriptTable(database);
    table.append(ONE, "a", "1\n");
    table.append(ONE, "a", "2\n");

    assertThat(table.copy(ONE, TWO)).isEqualTo(2);
    assertThat(table.copy(ONE, TWO)).isZero();
    assertThat(table.append(TWO, "a", "3\n")).isEqualTo(3);
    assertThat(chunks(table, TWO).stream().map(Chunk::lines)).containsExactly("1\n", "2\n", "3\n");
    assertThat(chunks(table, ONE)).hasSize(2);
  }

  @Test
  void aTranscriptWithANulIsRefusedOnEveryDatabase() {
    assertThatThrownBy(() -> new TranscriptTable(database).append(ONE, "a", "x\0y"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("lines: NUL at character 1 (expected: none)");
  }

  @Test
  void deployingAgainAddsAVersionAndKeepsIdConfigAndEnv() {
    var table = new AgentTable(database);
    var first = table.deploy(deployment(HELPER, "id-1", Optional.of("{\"A\":\"1\"}"), NOW));
    assertThat(first)
        .isEqualTo(
            new AgentRow(
                ACME, HELPER, "id-1", 1, "agents/x", "{\"A\":\"1\"}", "{}", FOLDER, NOW, NOW, 1));
    table.update(ACME, HELPER, NOW, row -> row.withConfig("{\"c\":1}"));

    var second = table.deploy(deployment(HELPER, "id-2", Optional.empty(), LATER));

    assertThat(second)
        .isEqualTo(
            new AgentRow(
                ACME,
                HELPER,
                "id-1",
                2,
                "agents/x",
                "{\"A\":\"1\"}",
                "{\"c\":1}",
                FOLDER,
                NOW,
                LATER,
                3));
    assertThat(table.find(ACME, HELPER)).contains(second);
    assertThat(table.find(OTHER, HELPER)).isEmpty();
    assertThat(table.deploy(deployment(HELPER, "id-3", Optional.of("{}"), LATER)).envJson())
        .isEqualTo("{}");
  }

  @Test
  void deploymentsAtOnceGetAVersionEach() {
    var table = new AgentTable(database);
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var versions =
          IntStream.range(0, 10)
              .mapToObj(
                  i ->
                      CompletableFuture.supplyAsync(
                          () -> table.deploy(deployment(HELPER, "id" + i, Optional.empty(), NOW)),
                          threads))
              .toList()
              .stream()
              .map(deployed -> deployed.join().version());
      assertThat(versions).containsExactlyInAnyOrder(1, 2, 3, 4, 5, 6, 7, 8, 9, 10);
    }
  }

  @Test
  void changesOfAnAgentAtOnceAreAllKept() {
    var table = new AgentTable(database);
    table.deploy(deployment(HELPER, "id", Optional.of(""), NOW));
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (var i = 0; i < 20; i++) {
        threads.execute(
            () -> table.update(ACME, HELPER, LATER, row -> row.withEnv(row.envJson() + "x")));
      }
    }

    assertThat(table.find(ACME, HELPER).orElseThrow().envJson()).isEqualTo("x".repeat(20));
  }

  @Test
  void changesTheFolderOfAnAgentThatIsThere() {
    var table = new AgentTable(database);
    table.deploy(deployment(HELPER, "id", Optional.empty(), NOW));

    var changed = table.update(ACME, HELPER, LATER, row -> row.withFolder(NEW_FOLDER));

    assertThat(changed.map(AgentRow::folder)).contains(NEW_FOLDER);
    assertThat(changed.map(AgentRow::version)).contains(1);
    assertThat(changed.map(AgentRow::updatedAt)).contains(LATER);
    assertThat(table.update(OTHER, HELPER, LATER, row -> row.withFolder(FOLDER))).isEmpty();
  }

  @Test
  void listsATenantsAgentsByNameAndDeletesThem() {
    var table = new AgentTable(database);
    for (var name : List.of("b", "a-1", "B", "a_1", "a")) {
      table.deploy(deployment(new AgentName(name), name, Optional.empty(), NOW));
    }

    assertThat(table.list(ACME).stream().map(row -> row.name().value()))
        .containsExactly("B", "a", "a-1", "a_1", "b");
    assertThat(table.list(OTHER)).isEmpty();
    assertThat(table.delete(OTHER, new AgentName("a"))).isFalse();
    assertThat(table.delete(ACME, new AgentName("a"))).isTrue();
    assertThat(table.delete(ACME, new AgentName("a"))).isFalse();
  }

  @Test
  void findsKeysByHashAndListsThemPerTenant() {
    var table = new ApiKeyTable(database);
    assertThat(table.any()).isFalse();
    var old = new ApiKeyRow("1", ACME, "hash1", "ci", NOW);
    var young = new ApiKeyRow("2", ACME, "hash2", "me", LATER);
    table.insert(old);
    table.insert(young);
    table.insert(new ApiKeyRow("3", OTHER, "hash3", "", NOW));

    assertThat(table.any()).isTrue();
    assertThat(table.findByHash("hash1")).contains(old);
    assertThat(table.findByHash("nope")).isEmpty();
    assertThat(table.list(ACME)).containsExactly(young, old);
    assertThat(table.delete(OTHER, "1")).isFalse();
    assertThat(table.delete(ACME, "1")).isTrue();
    assertThat(table.findByHash("hash1")).isEmpty();
    assertThatThrownBy(() -> table.insert(new ApiKeyRow("4", ACME, "hash2", "", NOW)))
        .isInstanceOf(DatabaseException.class);
  }

  @Test
  void theFirstResultOfARequestStays() {
    var table = new IdempotencyTable(database);
    var key = new RequestKey(ACME, "create", "k1");
    var first = new Remembered("request", "result", NOW);

    assertThat(table.get(key)).isEmpty();
    assertThat(table.putIfAbsent(key, first)).isEqualTo(first);
    assertThat(table.putIfAbsent(key, new Remembered("other", "other", LATER))).isEqualTo(first);
    assertThat(table.get(key)).contains(first);
    assertThat(table.get(new RequestKey(OTHER, "create", "k1"))).isEmpty();

    assertThat(table.deleteBefore(NOW)).isZero();
    assertThat(table.deleteBefore(LATER)).isEqualTo(1);
    assertThat(table.get(key)).isEmpty();
  }

  @Test
  void attachmentsAreTheTenantsOwn() {
    var table = new AttachmentTable(database);
    var session = new SessionId("11111111-1111-4111-8111-111111111111");
    var old = attachment("a1", session, NOW, Optional.of("m1"));
    var young = attachment("a2", session, LATER, Optional.empty());
    table.insert(young);
    table.insert(old);

    assertThat(table.list(ACME, session)).containsExactly(old, young);
    assertThat(table.list(OTHER, session)).isEmpty();
    assertThat(table.find(ACME, "a1")).contains(old);
    assertThat(table.find(OTHER, "a1")).isEmpty();
    assertThat(table.delete(OTHER, "a1")).isFalse();
    assertThat(table.delete(ACME, "a1")).isTrue();
    assertThat(table.list(ACME, session)).containsExactly(young);
  }

  private static AttachmentRow attachment(
      String id, SessionId session, Instant at, Optional<String> message) {
    return new AttachmentRow(
        id, ACME, session, message, "f.txt", "text/plain", 3, Digest.of(new byte[3]), at);
  }

  @Test
  void aReadCannotWrite() {
    assertThatThrownBy(
            () ->
                database.read(
                    connection -> connection.createStatement().execute("DELETE FROM agents")))
        .isInstanceOf(DatabaseException.class);
    assertThat(new AgentTable(database).list(ACME)).isEmpty();
  }

  @Test
  void workThatThrowsChangesNothing() {
    var table = new AgentTable(database);
    table.deploy(deployment(HELPER, "id", Optional.empty(), NOW));

    assertThatThrownBy(
            () ->
                table.update(
                    ACME,
                    HELPER,
                    NOW,
                    _ -> {
                      throw new IllegalStateException("changed my mind");
                    }))
        .hasMessage("changed my mind");
    assertThat(table.update(ACME, HELPER, NOW, row -> row.withEnv("{}"))).isPresent();
  }

  private static Deployment deployment(
      AgentName name, String id, Optional<String> env, Instant at) {
    return new Deployment(ACME, name, id, "agents/x", env, FOLDER, at);
  }

  private static List<Chunk> chunks(TranscriptTable table, SessionId session) {
    var chunks = new ArrayList<Chunk>();
    assertThat(table.readAll(session, chunks::add)).isEqualTo(chunks.size());
    return chunks;
  }
}
