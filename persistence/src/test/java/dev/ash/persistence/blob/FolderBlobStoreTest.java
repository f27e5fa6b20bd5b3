package dev.ash.persistence.blob;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ash.persistence.blob.BlobStore.CorruptBlobException;
import dev.ash.protocol.id.Digest;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class FolderBlobStoreTest {
  private static final Instant NOW = Instant.parse("2026-11-22T10:00:00Z");

  @TempDir private Path root = Path.of("");
  private FolderBlobStore store;

  @BeforeEach
  void open() throws IOException {
    store = FolderBlobStore.open(root, InstantSource.fixed(NOW), UUID::randomUUID);
  }

  @Test
  void givesBackWhatWasPut() throws IOException {
    var content = new byte[300_000];
    new Random(7).nextBytes(content);

    var digest = store.put(new ByteArrayInputStream(content));

    assertThat(digest).isEqualTo(Digest.of(content));
    assertThat(store.has(digest)).isTrue();
    assertThat(store.size(digest)).isEqualTo(content.length);
    try (var in = store.open(digest)) {
      assertThat(in.readAllBytes()).isEqualTo(content);
    }
  }

  @Test
  void storesTheSameContentOnceAlsoWhenManyPutItAtOnce() throws Exception {
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var puts =
          threads.invokeAll(
              IntStream.range(0, 20).mapToObj(_ -> (Callable<Digest>) () -> put("same")).toList());
      assertThat(puts).allSatisfy(put -> assertThat(put.get()).isEqualTo(digest("same")));
    }

    assertThat(stored()).containsExactly(digest("same"));
    try (var aside = Files.list(root.resolve("aside"))) {
      assertThat(aside).isEmpty();
    }
  }

  @Test
  void theEmptyContentIsAContent() throws IOException {
    try (var in = store.open(put(""))) {
      assertThat(in.read()).isEqualTo(-1);
    }
  }

  @Test
  void isForItsOwnerOnly() throws IOException {
    var file = file(put("secret"));

    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file.getParent())))
        .isEqualTo("rwx------");
  }

  @Test
  void readingAChangedFileToItsEndFails() throws IOException {
    var digest = put("the truth");
    Files.writeString(file(digest), "the lie!!");

    try (var in = store.open(digest)) {
      assertThatThrownBy(in::readAllBytes)
          .isInstanceOf(CorruptBlobException.class)
          .hasMessageContaining(digest.hex());
    }
    try (var in = store.open(digest)) {
      assertThatThrownBy(() -> in.skipNBytes(100)).isInstanceOf(CorruptBlobException.class);
    }
  }

  @Test
  void puttingAContentAgainMendsATruncatedFile() throws IOException {
    var digest = put("all of it");
    Files.writeString(file(digest), "all");

    put("all of it");

    try (var in = store.open(digest)) {
      assertThat(new String(in.readAllBytes(), UTF_8)).isEqualTo("all of it");
    }
  }

  @Test
  void aSymlinkInPlaceOfABlobIsNotFollowed() throws IOException {
    var digest = put("text");
    var elsewhere = Files.writeString(root.resolve("elsewhere"), "text");
    Files.delete(file(digest));
    Files.createSymbolicLink(file(digest), elsewhere);

    assertThat(store.has(digest)).isFalse();
    assertThatThrownBy(() -> store.open(digest)).isInstanceOf(IOException.class);
  }

  @Test
  void whatIsNotThereIsReported() {
    var digest = digest("nothing");

    assertThat(store.has(digest)).isFalse();
    assertThatThrownBy(() -> store.open(digest)).isInstanceOf(NoSuchFileException.class);
    assertThatThrownBy(() -> store.size(digest)).isInstanceOf(NoSuchFileException.class);
  }

  @Test
  void listsAndDeletes() throws IOException {
    var one = put("one");
    var two = put("two");

    assertThat(stored()).containsExactlyInAnyOrder(one, two);
    assertThat(store.delete(one)).isTrue();
    assertThat(store.delete(one)).isFalse();
    assertThat(stored()).containsExactly(two);
  }

  @Test
  void aStreamThatBreaksLeavesNothing() throws IOException {
    var broken =
        new SequenceInputStream(
            new ByteArrayInputStream(new byte[1000]),
            new InputStream() {
              @Override
              public int read() throws IOException {
                throw new IOException("cut");
              }

              @Override
              public int read(byte[] buffer, int offset, int length) throws IOException {
                throw new IOException("cut");
              }
            });

    assertThatThrownBy(() -> store.put(broken)).hasMessage("cut");
    assertThat(stored()).isEmpty();
    try (var aside = Files.list(root.resolve("aside"))) {
      assertThat(aside).isEmpty();
    }
  }

  @Test
  void removesWhatAWriterLeftThatDiedLongAgo() throws IOException {
    var old = Files.createFile(root.resolve("aside/old"));
    Files.setLastModifiedTime(old, FileTime.from(NOW.minusSeconds(90_000)));
    var fresh = Files.createFile(root.resolve("aside/fresh"));
    Files.setLastModifiedTime(fresh, FileTime.from(NOW.minusSeconds(60)));

    open();

    assertThat(old).doesNotExist();
    assertThat(fresh).exists();
  }

  private Digest put(String text) throws IOException {
    return store.put(new ByteArrayInputStream(text.getBytes(UTF_8)));
  }

  private List<Digest> stored() throws IOException {
    var digests = new ArrayList<Digest>();
    store.forEach(digests::add);
    return digests;
  }

  private static Digest digest(String text) {
    return Digest.of(text.getBytes(UTF_8));
  }

  private Path file(Digest digest) {
    var hex = digest.hex();
    return root.resolve(hex.substring(0, 2)).resolve(hex.substring(2, 4)).resolve(hex);
  }
}
