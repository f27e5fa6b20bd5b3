package dev.ash.persistence.table;

import static dev.ash.persistence.TestDatabases.NOW;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ash.persistence.Database;
import dev.ash.persistence.Database.Dialect;
import dev.ash.persistence.PooledDatabase;
import dev.ash.persistence.TestDatabases;
import dev.ash.persistence.table.AgentTable.ChangedMeanwhileException;
import dev.ash.persistence.table.AgentTable.Deployment;
import dev.ash.protocol.id.AgentName;
import dev.ash.protocol.id.Digest;
import dev.ash.protocol.id.TenantId;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** Deployments whose folder was made from the one before. */
@ParameterizedClass
@EnumSource(Dialect.class)
final class AgentTableTest {
  private static final TenantId ACME = new TenantId("acme");
  private static final AgentName HELPER = new AgentName("helper");
  private static final Optional<Digest> NONE = Optional.empty();

  private final Dialect dialect;
  @TempDir private Path folder = Path.of("");
  private Database database;
  private AgentTable table;

  AgentTableTest(Dialect dialect) {
    this.dialect = dialect;
  }

  @BeforeEach
  void open() {
    database = PooledDatabase.alone(TestDatabases.migrated(dialect, folder));
    table = new AgentTable(database);
  }

  @AfterEach
  void close() {
    database.close();
  }

  @Test
  void aFolderMadeFromAnOlderOneIsNotDeployed() {
    table.deploy(deployment("p", "1").madeFrom(NONE));
    table.deploy(deployment("p", "2").madeFrom(Optional.of(digest("1"))));

    assertRefused(deployment("p", "3").madeFrom(NONE));
    assertRefused(deployment("p", "3").madeFrom(Optional.of(digest("1"))));
    assertRefused(deployment("other", "3").madeFrom(Optional.of(digest("2"))));
    assertThat(table.find(ACME, HELPER).map(AgentRow::version)).contains(2);
    assertThat(table.deploy(deployment("other", "3").madeFrom(NONE)).version()).isEqualTo(3);
    table.delete(ACME, HELPER);
    assertRefused(deployment("other", "4").madeFrom(Optional.of(digest("3"))));
    assertThat(table.find(ACME, HELPER)).isEmpty();
  }

  @Test
  void aKeyIsNotUsedUpByADeploymentThatCameTooLate() {
    table.deploy(deployment("p", "1"));

    assertThatThrownBy(() -> table.deployOnce(deployment("p", "2").madeFrom(NONE), "key", "x"))
        .isInstanceOf(ChangedMeanwhileException.class);
    var again = deployment("p", "2").madeFrom(Optional.of(digest("1")));
    assertThat(table.deployOnce(again, "key", "x")).isInstanceOf(AgentTable.Deployed.Now.class);
  }

  @Test
  void ofManyMadeFromTheSameOneIs() {
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var deployed =
          IntStream.range(0, 8)
              .mapToObj(n -> deployment("p", "n" + n).madeFrom(NONE))
              .map(d -> CompletableFuture.supplyAsync(() -> table.deploy(d), threads))
              .toList()
              .stream()
              .filter(future -> future.handle((row, _) -> row != null).join())
              .toList();

      assertThat(deployed).hasSize(1);
      assertThat(table.find(ACME, HELPER)).contains(deployed.getFirst().join());
    }
  }

  private void assertRefused(Deployment deployment) {
    assertThatThrownBy(() -> table.deploy(deployment))
        .isInstanceOf(ChangedMeanwhileException.class);
  }

  private static Deployment deployment(String path, String folder) {
    return new Deployment(
        ACME, HELPER, "id-" + folder, path, Optional.empty(), digest(folder), NOW);
  }

  private static Digest digest(String text) {
    return Digest.of(text.getBytes(StandardCharsets.UTF_8));
  }
}
