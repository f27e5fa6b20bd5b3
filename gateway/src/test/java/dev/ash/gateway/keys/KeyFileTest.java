package dev.ash.gateway.keys;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ash.gateway.server.Hashes;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
final class KeyFileTest {
  private static final Instant NOW = Instant.parse("2026-11-27T00:00:00Z");

  /** A number that no account has. */
  private static final int STRANGER = 54_321;

  @TempDir Path folder;
  private final KeyMaker maker = new KeyMaker(new Hashes(Optional.empty())::hash);

  @Test
  void keepsEverythingOfAKeyButTheKeyAndLetsOnlyItsOwnerRead() throws Exception {
    var path = folder.resolve("keys.json");
    var file = new KeyFile(path);
    var old = key("team-a", "of \"CI\"");
    var next = maker.unnamed(NOW, KeyMaker.USUAL_LIFE);
    var _ = file.change(ring -> ring.add(old, NOW));
    var rotated = changed(file.change(r -> r.rotate(old.stored().id(), next, day(), NOW)));
    var revoked = changed(file.change(r -> r.revoke(next.id(), NOW.plusSeconds(1))));

    assertThat(revoked).isNotEqualTo(rotated);
    assertThat(new KeyFile(path).read()).isEqualTo(revoked);
    assertThat(Files.readString(path)).doesNotContain(old.text(), next.text());
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
        .isEqualTo("rw-------");
    assertThat(folder).isDirectoryNotContaining("glob:**.next");
  }

  @Test
  void remembersConsumersWithoutKeys() throws Exception {
    var path = folder.resolve("keys.json");
    var file = new KeyFile(path);
    var bob = new StoredConsumer("bob", NOW);
    var _ = file.change(ring -> ring.add(key("team-a", ""), NOW));
    assertThat(Files.readString(path)).doesNotContain("consumers");
    var named = changed(file.change(ring -> ring.name(bob, NOW)));
    var later = changed(file.change(ring -> ring.add(key("team-b", ""), NOW)));

    assertThat(named.consumers()).containsExactly(bob);
    assertThat(new KeyFile(path).read()).isEqualTo(later);
    assertThat(later.consumers()).containsExactly(bob);
    Files.writeString(path, Files.readString(path).replace("\"bob\"", "\"\""));
    assertThatThrownBy(file::read).hasMessageContaining("consumers[0].name (expected: a text)");
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

  @Test
  void waitsOnlySoLongForAnotherProgramAndSaysForWhichFile() throws Exception {
    var path = folder.resolve("keys.json");
    var file = new KeyFile(path, Duration.ofMillis(100));
    var made = key("team-a", "");
    var lock = folder.resolve(".keys.json.lock");
    try (var other = FileChannel.open(lock, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        var _ = other.lock()) {
      assertThatThrownBy(() -> file.change(ring -> ring.add(made, NOW)))
          .isInstanceOf(IOException.class)
          .hasMessageStartingWith(lock + ": locked for 100 ms (expected: ");
      assertThat(path).doesNotExist();
    }
    assertThat(changed(file.change(ring -> ring.add(made, NOW))).keys()).hasSize(1);
  }

  @Test
  void stillBelongsToWhomItBelongedToWhenRootChangesIt() throws Exception {
    var path = folder.resolve("keys.json");
    var file = new KeyFile(path);
    var _ = file.change(ring -> ring.add(key("team-a", ""), NOW));
    Files.delete(folder.resolve(".keys.json.lock"));
    try {
      Files.setAttribute(path, "unix:uid", STRANGER);
      Files.setAttribute(path, "unix:gid", STRANGER);
    } catch (FileSystemException _) {
      Assumptions.abort("files cannot be given away here (expected: root)");
    }

    var _ = file.change(ring -> ring.add(key("team-b", ""), NOW));

    assertThat(file.read().keys()).hasSize(2);
    for (var one : List.of(path, folder.resolve(".keys.json.lock"))) {
      assertThat(Files.getAttribute(one, "unix:uid")).as("%s", one).isEqualTo(STRANGER);
      assertThat(Files.getAttribute(one, "unix:gid")).as("%s", one).isEqualTo(STRANGER);
    }
  }

  @Test
  void refusesToGrowBeyondWhatItWouldReadAgain() throws Exception {
    var file = new KeyFile(folder.resolve("keys.json"));
    var long200 = "l".repeat(200);
    var one = key("c".repeat(100), long200).stored();
    var many = new ArrayList<StoredKey>();
    for (var i = 0; i < KeyRing.MOST; i++) {
      many.add(
          new StoredKey(
              "key-" + i + "-" + "x".repeat(1_000),
              one.consumer(),
              one.label(),
              one.hash(),
              one.created(),
              one.expires(),
              one.revoked(),
              one.successor()));
    }

    var change = file.change(_ -> new KeyRing.Change.Changed(new KeyRing(many)));

    assertThat(change).isInstanceOf(KeyRing.Change.Refused.class);
    assertThat(((KeyRing.Change.Refused) change).reason()).isEqualTo(KeyRing.Reason.FULL);
    assertThat(file.read().keys()).isEmpty();
  }

  @Test
  void whatItCouldNotReadAgainIsNotWritten() throws Exception {
    var file = new KeyFile(folder.resolve("keys.json"));
    var made = key("team-a", "");
    var _ = file.change(ring -> ring.add(made, NOW));

    assertThatThrownBy(() -> file.change(ring -> ring.add(key("", ""), NOW)))
        .hasMessageContaining("keys[1].consumer (expected: a text)");
    assertThat(file.read().keys()).containsExactly(made.stored());
  }

  @Test
  void aKeyThatAnotherProgramJustMadeIsRotatedWithoutALookInBetween() throws Exception {
    var path = folder.resolve("keys.json");
    var mine = new LiveKeys(new KeyFile(path));
    var theirs = new LiveKeys(new KeyFile(path));
    var made = key("team-a", "ci");
    var _ = theirs.change(ring -> ring.add(made, NOW));
    var next = maker.unnamed(NOW, KeyMaker.USUAL_LIFE);

    var ring = changed(mine.change(r -> r.rotate(made.stored().id(), next, day(), NOW)));

    assertThat(ring.keys().getLast().consumer()).isEqualTo("team-a");
    assertThat(ring.keys().getLast().label()).isEqualTo("ci");
    assertThat(new KeyFile(path).read()).isEqualTo(ring);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "\n",
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
