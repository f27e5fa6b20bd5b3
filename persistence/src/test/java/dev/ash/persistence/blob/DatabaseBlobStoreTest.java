package dev.ash.persistence.blob;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ash.persistence.Database;
import dev.ash.persistence.Database.Dialect;
import dev.ash.persistence.PooledDatabase;
import dev.ash.persistence.TestDatabases;
import dev.ash.persistence.blob.BlobStore.CorruptBlobException;
import dev.ash.protocol.id.Digest;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Random;
import java.util.concurrent.Callable;
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
final class DatabaseBlobStoreTest {
  private final Dialect dialect;
  @TempDir private Path folder = Path.of("");
  private Database database;
  private DatabaseBlobStore store;

  DatabaseBlobStoreTest(Dialect dialect) {
    this.dialect = dialect;
  }

  @BeforeEach
  void open() throws IOException {
    database = PooledDatabase.alone(TestDatabases.migrated(dialect, folder));
    store = DatabaseBlobStore.open(database, folder.resolve("spool"));
  }

  @AfterEach
  void close() {
    database.close();
  }

  @Test
  void givesBackContentsOfAnySize() throws IOException {
    for (var size : new int[] {0, 1, 512 << 10, (512 << 10) + 1, 3_000_000}) {
      var content = new byte[size];
      new Random(size).nextBytes(content);

      var digest = store.put(new ByteArrayInputStream(content));

      assertThat(digest).isEqualTo(Digest.of(content));
      assertThat(store.size(digest)).isEqualTo(size);
      try (var in = store.open(digest)) {
        assertThat(in.readAllBytes()).isEqualTo(content);
      }
    }
    assertThat(folder.resolve("spool")).isEmptyDirectory();
  }

  @Test
  void storesTheSameContentOnceAlsoWhenManyPutItAtOnce() throws Exception {
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var puts =
          threads.invokeAll(
              IntStream.range(0, 10).mapToObj(_ -> (Callable<Digest>) () -> put("same")).toList());
      assertThat(puts).allSatisfy(put -> assertThat(put.get()).isEqualTo(digest("same")));
    }

    var all = new ArrayList<Digest>();
    store.forEach(all::add);
    assertThat(all).containsExactly(digest("same"));
  }

  @Test
  void deletesAndThenHasItNoMore() throws IOException {
    var digest = put("gone");

    assertThat(store.delete(digest)).isTrue();

    assertThat(store.delete(digest)).isFalse();
    assertThat(store.has(digest)).isFalse();
    assertThatThrownBy(() -> store.open(digest)).isInstanceOf(NoSuchFileException.class);
    assertThatThrownBy(() -> store.size(digest)).isInstanceOf(NoSuchFileException.class);
  }

  @Test
  void noticesAContentThatIsNotWhatItsNameSays() throws IOException {
    var digest = put("right");
    database.write(
        connection -> {
          try (var update = connection.prepareStatement("UPDATE blob_parts SET bytes = ?")) {
            update.setBytes(1, "wrong".getBytes(UTF_8));
            return update.executeUpdate();
          }
        });

    try (var in = store.open(digest)) {
      assertThatThrownBy(in::readAllBytes).isInstanceOf(CorruptBlobException.class);
    }
  }

  @Test
  void aContentThatBreaksOffLeavesNothingBehind() throws IOException {
    var broken =
        new InputStream() {
          @Override
          public int read() throws IOException {
            throw new IOException("broken off");
          }

          @Override
          public int read(byte[] buffer, int offset, int length) throws IOException {
            return read();
          }
        };

    assertThatThrownBy(() -> store.put(broken)).hasMessage("broken off");

    var all = new ArrayList<Digest>();
    store.forEach(all::add);
    assertThat(all).isEmpty();
    assertThat(folder.resolve("spool")).isEmptyDirectory();
  }

  @Test
  void removesWhatADeadProcessLeftInTheSpool() throws IOException {
    Files.writeString(folder.resolve("spool/blob123"), "half");

    var again = DatabaseBlobStore.open(database, folder.resolve("spool"));

    assertThat(folder.resolve("spool")).isEmptyDirectory();
    assertThat(again.has(digest("half"))).isFalse();
  }

  private Digest put(String text) throws IOException {
    return store.put(new ByteArrayInputStream(text.getBytes(UTF_8)));
  }

  private static Digest digest(String text) {
    return Digest.of(text.getBytes(UTF_8));
  }
}
