package dev.ash.node.upload;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ash.protocol.id.TenantId;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class UploadsTest {
  private static final int MOST = 16 << 20;
  private static final Optional<TenantId> ACME = Optional.of(new TenantId("acme"));

  @TempDir Path data;
  private Path folder;
  private Uploads uploads;

  @BeforeEach
  void open() throws IOException {
    folder = data.resolve("uploads");
    uploads = Uploads.open(folder, MOST, 0, UUID::randomUUID, Runnable::run);
  }

  private static byte[] bytes(int count) {
    var bytes = new byte[count];
    new SplittableRandom(count).nextBytes(bytes);
    return bytes;
  }

  private static Content sent(UploadFile file, byte[] bytes, long keep) throws IOException {
    var incoming = file.begin(keep);
    for (var one : bytes) {
      incoming.put(one);
    }
    assertThat(incoming.size()).isEqualTo(bytes.length);
    return incoming.finish();
  }

  private static Content sent(UploadFile file, byte[] bytes) throws IOException {
    return sent(file, bytes, Long.MAX_VALUE);
  }

  @Test
  void smallContentsNeedNoFile() throws IOException {
    var file = uploads.begin(ACME);
    var content = sent(file, "small".getBytes(StandardCharsets.UTF_8));
    file.close();

    assertThat(uploads.taken()).isZero();
    assertThat(content.open()).hasContent("small");
    assertThat(content.size()).isEqualTo(5);
    assertThat(content.part(3, 10)).containsExactly('l', 'l');
    assertThat(content.part(5, 10)).isEmpty();
    assertThat(sent(file, new byte[0]).size()).isZero();
  }

  @Test
  void manySmallContentsAreNotAllHeldInMemory() throws IOException {
    var file = uploads.begin(ACME);
    var small = bytes(60_000);
    for (var i = 0; i < 100; i++) {
      assertThat(sent(file, small).open()).hasBinaryContent(small);
    }
    assertThat(uploads.taken()).isGreaterThan(4 << 20);
  }

  @Test
  void aFileHasNoNameThatAnybodyCouldFind() throws IOException {
    var large = bytes(300_001);
    try (var file = uploads.begin(ACME)) {
      var first = sent(file, large);
      var second = sent(file, large);

      assertThat(folder).isEmptyDirectory();
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(folder)))
          .isEqualTo("rwx------");
      assertThat(first.open()).hasBinaryContent(large);
      assertThat(second.open()).hasBinaryContent(large);
      assertThat(second.part(300_000, 7)).containsExactly(large[300_000]);
      assertThat(second.part(300_001, 7)).isEmpty();
    }
  }

  @Test
  void whatIsTooLargeIsCountedAndTakesNothingFromTheNext() throws IOException {
    var file = uploads.begin(ACME);
    assertThat(sent(file, bytes(200_000), 199_999).size()).isZero();
    var fits = bytes(150_000);
    var kept = sent(file, fits, 199_999);

    assertThat(kept.open()).hasBinaryContent(fits);
    assertThat(uploads.taken()).isEqualTo(1 << 20);
  }

  @Test
  void aRequestThatIsOverGivesItsRoomBackAndNothingMoreAway() throws IOException {
    var file = uploads.begin(ACME);
    var content = sent(file, bytes(200_000));
    assertThat(file.reserve(2 << 20)).isTrue();
    file.close();
    file.close();

    assertThat(uploads.taken()).isZero();
    assertThatThrownBy(() -> content.part(0, 1)).hasMessageContaining("is over");
    assertThatThrownBy(() -> sent(file, bytes(200_000))).isInstanceOf(IOException.class);
    assertThat(uploads.taken()).isZero();
  }

  @Test
  void allRequestsTogetherHaveABound() throws IOException {
    var one = uploads.begin(ACME);
    var other = uploads.begin(ACME);
    assertThat(one.reserve(MOST / 2)).isTrue();
    assertThat(other.reserve(1)).isFalse();
    try (var tenant = uploads.begin(Optional.of(new TenantId("other")))) {
      assertThat(tenant.reserve(MOST / 2)).as("the other half").isTrue();
      assertThat(uploads.begin(Optional.empty()).reserve(1)).isFalse();
    }
    assertThatThrownBy(() -> sent(other, bytes(200_000))).isInstanceOf(NoRoomException.class);
    assertThat(sent(one, bytes(200_000)).size()).isEqualTo(200_000);

    one.close();
    assertThat(sent(other, bytes(200_000)).size()).isEqualTo(200_000);
  }

  @Test
  void whatIsStoredKeepsItsRoomOnTheDisk() throws IOException {
    var full = Uploads.open(folder, MOST, Long.MAX_VALUE, UUID::randomUUID, Runnable::run);
    try (var file = full.begin(ACME)) {
      assertThat(sent(file, bytes(1000)).size()).isEqualTo(1000);
      assertThatThrownBy(() -> sent(file, bytes(200_000)))
          .hasMessageContaining("ash.sandbox.disk-reserve");
    }
    assertThat(full.taken()).isZero();
  }

  @Test
  void whatAKilledNodeLeftIsRemoved() throws IOException {
    Files.writeString(folder.resolve("left"), "x");
    Files.createSymbolicLink(folder.resolve("link"), data.resolve("kept"));
    Files.writeString(data.resolve("kept"), "x");
    Uploads.open(folder, MOST, 0, UUID::randomUUID, Runnable::run);

    assertThat(folder).isEmptyDirectory();
    assertThat(data.resolve("kept")).exists();
  }
}
