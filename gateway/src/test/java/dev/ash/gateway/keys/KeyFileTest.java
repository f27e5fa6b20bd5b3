package dev.ash.gateway.keys;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
final class KeyFileTest {
  private static final Instant NOW = Instant.parse("2026-11-27T00:00:00Z");

  @TempDir Path folder;
  private final KeyMaker maker = new KeyMaker(_ -> "a".repeat(64));

  @Test
  void keepsEverythingOfAKeyButTheKeyAndLetsOnlyItsOwnerRead() throws Exception {
    var path = folder.resolve("keys.json");
    var file = new KeyFile(path);
    var old = key("team-a", "of \"CI\"");
    var next = key("team-a", "");
    var _ = file.change(ring -> ring.add(old, NOW));
    var rotated = changed(file.change(r -> r.rotate(old.stored().id(), next, day(), NOW)));
    var revoked = changed(file.change(r -> r.revoke(next.stored().id(), NOW.plusSeconds(1))));

    assertThat(revoked).isNotEqualTo(rotated);
    assertThat(new KeyFile(path).read()).isEqualTo(revoked);
    assertThat(Files.readString(path)).doesNotContain(old.text(), next.text());
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
        .isEqualTo("rw-------");
    assertThat(folder).isDirectoryNotContaining("glob:**.next");
  }

  @Test
  void changesOfManyThreadsAreAllKept() throws Exception {
    var path = folder.resolve("keys.json");
    var ended = new ArrayList<Future<?>>();
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (var i = 0; i < 40; i++) {
        var name = "team-" + i;
        ended.add(
            threads.submit(() -> new KeyFile(path).change(ring -> ring.add(key(name, ""), NOW))));
      }
      for (var one : ended) {
        assertThat(one.get()).isInstanceOf(KeyRing.Change.Changed.class);
      }
    }

    assertThat(new KeyFile(path).read().keys())
        .extracting(StoredKey::consumer)
        .doesNotHaveDuplicates()
        .hasSize(40);
  }

  @Test
  void followsNoLinkAndLeavesWhatItLeadsToAlone() throws Exception {
    var target = Files.writeString(folder.resolve("target"), "precious");
    var path = Files.createSymbolicLink(folder.resolve("keys.json"), target);
    var file = new KeyFile(path);

    assertThatThrownBy(() -> file.change(ring -> ring.add(key("team-a", ""), NOW)))
        .hasMessage(path + ": a link (expected: the file itself)");
    assertThatThrownBy(file::read).hasMessageContaining("a link");
    assertThat(target).hasContent("precious");

    var lock = folder.resolve(".other.json.lock");
    Files.createSymbolicLink(lock, target);
    var other = new KeyFile(folder.resolve("other.json"));
    assertThatThrownBy(() -> other.change(ring -> ring.add(key("team-a", ""), NOW)))
        .hasMessage(lock + ": a link (expected: the file itself)");
    assertThat(folder.resolve("other.json")).doesNotExist();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{",
        "[]",
        "{\"form\": 2, \"keys\": []}",
        "{\"form\": 1, \"keys\": [{\"id\": \"key-1\"}]}",
        "{\"form\": 1, \"keys\": [{\"id\": \"k\", \"consumer\": \"c\", \"hash\": \"short\"}]}",
        "{\"form\": 1} {}",
      })
  void aFileThatIsNoKeyStoreIsNotWrittenOver(String text) throws Exception {
    var path = Files.writeString(folder.resolve("keys.json"), text);
    var file = new KeyFile(path);

    assertThatThrownBy(() -> file.change(ring -> ring.add(key("team-a", ""), NOW)))
        .hasMessageStartingWith(path + ": ")
        .hasMessageContaining("(expected: ");
    assertThat(path).hasContent(text);
  }

  private NewKey key(String consumer, String label) {
    return maker.make(consumer, label, NOW, KeyMaker.USUAL_LIFE);
  }

  private static Duration day() {
    return Duration.ofDays(1);
  }

  private static KeyRing changed(KeyRing.Change change) {
    assertThat(change).isInstanceOf(KeyRing.Change.Changed.class);
    return ((KeyRing.Change.Changed) change).ring();
  }
}
