package dev.ash.persistence.table;

import static dev.ash.persistence.TestDatabases.NOW;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ash.persistence.Database;
import dev.ash.persistence.Database.Dialect;
import dev.ash.persistence.PooledDatabase;
import dev.ash.persistence.TestDatabases;
import dev.ash.persistence.table.CredentialTable.Box;
import dev.ash.persistence.table.CredentialTable.CredentialRow;
import dev.ash.protocol.id.TenantId;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

@ParameterizedClass
@EnumSource(Dialect.class)
final class CredentialTableTest {
  private static final TenantId ACME = new TenantId("acme");
  private static final TenantId OTHER = new TenantId("other");

  private final Dialect dialect;
  @TempDir private Path folder = Path.of("");
  private Database database;
  private CredentialTable table;

  CredentialTableTest(Dialect dialect) {
    this.dialect = dialect;
  }

  @BeforeEach
  void open() {
    database = PooledDatabase.alone(TestDatabases.migrated(dialect, folder));
    table = new CredentialTable(database);
  }

  @AfterEach
  void close() {
    database.close();
  }

  @Test
  void aCredentialIsItsTenantsOnly() {
    var first = row("c1", ACME, 0);
    var second = row("c2", ACME, 5);
    table.insert(first);
    table.insert(second);
    table.insert(row("c3", OTHER, 9));

    assertThat(table.list(ACME)).containsExactly(second, first);
    assertThat(table.find(ACME, "c1")).contains(first);
    assertThat(table.find(OTHER, "c1")).isEmpty();
    assertThat(table.delete(OTHER, "c1")).isFalse();
    assertThat(table.delete(ACME, "c1")).isTrue();
    assertThat(table.delete(ACME, "c1")).isFalse();
    assertThat(table.list(ACME)).containsExactly(second);
  }

  @Test
  void aUseIsNotedAndAnEarlierOneDoesNotReplaceIt() {
    table.insert(row("c1", ACME, 0));
    table.used("c1", NOW.plusSeconds(9));
    table.used("c1", NOW.plusSeconds(3));

    assertThat(table.find(ACME, "c1").flatMap(CredentialRow::lastUsedAt))
        .contains(NOW.plusSeconds(9));
  }

  @Test
  void aBoxIsReplacedOnceHoweverManySeeTheOldOne() {
    var old = row("c1", ACME, 0);
    table.insert(old);
    assertThat(table.notSealedWith("k2")).containsExactly(old);
    var box = new Box("k2", "s2", "i2", "b2");

    assertThat(table.replace(old, box)).isTrue();
    assertThat(table.replace(old, new Box("k3", "s3", "i3", "b3"))).isFalse();

    assertThat(table.find(ACME, "c1").map(CredentialRow::box)).contains(box);
    assertThat(table.notSealedWith("k2")).isEmpty();
  }

  private static CredentialRow row(String id, TenantId tenant, int second) {
    return new CredentialRow(
        id,
        tenant,
        "anthropic",
        "label of " + id,
        new Box("k1", "salt", "iv", "bytes of " + id),
        NOW.plusSeconds(second),
        Optional.empty());
  }
}
