package dev.ash.node.workspace;

import static dev.ash.node.workspace.FakeBridge.THEN;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ash.config.NodeConfig;
import dev.ash.node.bridge.Bridge.Kind;
import dev.ash.node.bridge.BridgeException;
import dev.ash.node.workspace.Workspaces.Entry;
import dev.ash.node.workspace.Workspaces.TooLargeException;
import dev.ash.persistence.blob.FolderBlobStore;
import dev.ash.protocol.id.Digest;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.pekko.util.ByteString;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class StoredWorkspacesTest {
  private static final int LIMIT = 1 << 20;

  private final FakeBridge bridge = new FakeBridge();
  private int puts;
  private Workspaces workspaces;

  @BeforeEach
  void openStore(@TempDir Path folder) throws IOException {
    var blobs =
        FolderBlobStore.open(
            folder,
            InstantSource.system(),
            () -> {
              puts++;
              return UUID.randomUUID();
            });
    var config = NodeConfig.load(Map.of("ash.sandbox.disk-size", LIMIT));
    workspaces = new StoredWorkspaces(blobs, NodeConfig.from(config).sandbox());
  }

  @Test
  void savesFilesFoldersAndLinks() throws Exception {
    bridge.folder("src");
    bridge.file("src/Main.java", bytes("class Main {}"));
    bridge.file("empty", new byte[0]);
    bridge.link("link", "/etc/passwd");

    var entries = workspaces.list(save(Optional.empty()));

    assertThat(entries)
        .containsExactly(
            file("empty", new byte[0]),
            new Entry(
                "link", Kind.LINK, 0, 0777, THEN, Optional.empty(), Optional.of("/etc/passwd")),
            new Entry("src", Kind.DIRECTORY, 0, 0755, THEN, Optional.empty(), Optional.empty()),
            file("src/Main.java", bytes("class Main {}")));
    try (var in = workspaces.open(entries.getLast().blob().orElseThrow())) {
      assertThat(in).hasContent("class Main {}");
    }
  }

  @Test
  void readsALargeFileInParts() throws Exception {
    var content = new byte[3 * FileStream.CHUNK + 17];
    new Random(1).nextBytes(content);
    bridge.file("large", content);

    var entry = workspaces.list(save(Optional.empty())).getFirst();

    assertThat(entry).isEqualTo(file("large", content));
    assertThat(bridge.reads).hasSize(4);
  }

  @Test
  void leavesOutWhatIsNeverPersisted() throws Exception {
    for (var path : List.of("node_modules/m/x.js", ".git/HEAD", "a/tmp/t", "run.pid", "s.sock")) {
      bridge.file(path, bytes(path));
    }
    bridge.file("kept", bytes("kept"));

    assertThat(workspaces.list(save(Optional.empty())))
        .extracting(Entry::path)
        .containsExactly("kept");
    assertThat(bridge.reads).containsExactly("kept");
  }

  @Test
  void readsAndWritesNothingWhenNothingChanged() throws Exception {
    bridge.file("a", bytes("a"));
    bridge.file("b", bytes("b"));
    var first = save(Optional.empty());
    bridge.reads.clear();
    var before = puts;

    assertThat(save(Optional.of(first))).isEqualTo(first);

    assertThat(bridge.reads).isEmpty();
    assertThat(puts).isEqualTo(before);
  }

  @Test
  void readsOnlyWhatChangedAndNotWhatMoved() throws Exception {
    bridge.file("a", bytes("a"));
    bridge.file("b", bytes("b"));
    var first = save(Optional.empty());
    bridge.reads.clear();
    bridge.entries.remove("a");
    bridge.file("moved", bytes("a"), THEN.plusSeconds(1));
    bridge.file("b", bytes("B"));

    var second = save(Optional.of(first));

    assertThat(bridge.reads).containsOnly("b");
    assertThat(workspaces.list(second)).extracting(Entry::path).containsExactly("b", "moved");
    assertThat(workspaces.list(first)).extracting(Entry::path).containsExactly("a", "b");
  }

  @Test
  void doesNotGiveAwayForeignContentToWhoeverNamesItsDigest() throws Exception {
    var secret = bytes("another tenant's file");
    var digest = workspaces.storeBlob(new ByteArrayInputStream(secret));
    bridge.claim("stolen", secret.length, THEN, Optional.of(digest.hex()), () -> bytes("mine"));

    var entry = workspaces.list(save(Optional.empty())).getFirst();

    assertThat(entry.blob()).contains(Digest.of(bytes("mine")));
    assertThat(entry.size()).isEqualTo(4);
  }

  @Test
  void namesContentByTheBytesThatCameAndNotByTheClaim() throws Exception {
    bridge.claim("a", 4, THEN, Optional.of("f".repeat(64)), () -> bytes("real"));
    bridge.claim("b", 4, THEN, Optional.of("no digest"), () -> bytes("real"));

    assertThat(workspaces.list(save(Optional.empty())))
        .extracting(entry -> entry.blob().orElseThrow())
        .containsOnly(Digest.of(bytes("real")));
  }

  @Test
  void readsAFileThatChangesOnceMoreAndThenTakesItAsItIs() throws Exception {
    var turn = new int[1];
    bridge.claim(
        "log",
        2,
        THEN,
        Optional.of(Digest.of(bytes("v0")).hex()),
        () -> bytes("v" + "x".repeat(++turn[0])));

    var entry = workspaces.list(save(Optional.empty())).getFirst();

    assertThat(bridge.reads).hasSize(2);
    assertThat(entry.size()).isEqualTo(3);
    assertThat(entry.blob()).contains(Digest.of(bytes("vxx")));
  }

  @ParameterizedTest
  @EnumSource(names = {"NOT_FOUND", "NOT_A_FILE", "OUTSIDE", "FAILED"})
  void leavesOutAFileThatCannotBeRead(BridgeException.Kind kind) throws Exception {
    bridge.file("a", bytes("a"));
    bridge.file("b", bytes("b"));
    bridge.failures.put("a", new BridgeException(kind, "no"));

    assertThat(workspaces.list(save(Optional.empty())))
        .extracting(Entry::path)
        .containsExactly("b");
  }

  @Test
  void failsWhenAFileIsNotReadInTime() throws Exception {
    bridge.file("a", bytes("a"));
    bridge.file("b", bytes("b"));
    var first = save(Optional.empty());
    bridge.file("a", bytes("changed"));
    bridge.file("c", bytes("c"));
    bridge.failures.put(
        "a", new BridgeException(BridgeException.Kind.BUSY, "did not answer in time"));

    assertThatThrownBy(() -> save(Optional.of(first)))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("reading a")
        .hasMessageContaining("did not answer in time");

    bridge.failures.clear();
    assertThat(workspaces.list(save(Optional.of(first))))
        .contains(file("a", bytes("changed")), file("b", bytes("b")), file("c", bytes("c")));
  }

  @Test
  void failsWhenTheBridgeIsGone() {
    bridge.file("a", bytes("a"));
    bridge.failures.put("a", new BridgeException(BridgeException.Kind.GONE, "connection lost"));

    assertThatThrownBy(() -> save(Optional.empty()))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("connection lost");
  }

  @Test
  void refusesMoreThanTheDiskLimitBeforeItReads() {
    bridge.file("a", new byte[LIMIT]);
    bridge.file("b", new byte[1]);

    assertThatThrownBy(() -> save(Optional.empty()))
        .isInstanceOf(TooLargeException.class)
        .hasMessage("Workspace too large (1048577 bytes, max 1048576)");
    assertThat(bridge.reads).isEmpty();
  }

  @Test
  void isNotFooledBySizesThatAddUpToLessThanNothing() {
    bridge.claim("a", Long.MAX_VALUE, THEN, Optional.empty(), () -> new byte[0]);
    bridge.claim("b", Long.MAX_VALUE, THEN, Optional.empty(), () -> new byte[0]);

    assertThatThrownBy(() -> save(Optional.empty())).isInstanceOf(TooLargeException.class);
  }

  @Test
  void stopsReadingAFileThatIsLargerThanItClaimed() {
    bridge.claim("a", 1, THEN, Optional.empty(), () -> new byte[LIMIT + 1]);

    assertThatThrownBy(() -> save(Optional.empty()))
        .isInstanceOf(TooLargeException.class)
        .hasMessageContaining("max 1048576");
    assertThat(bridge.reads.size()).isLessThan(10);
  }

  @Test
  void refusesAListingThatWasCutBecauseItIsLong() {
    for (var i = 0; i < 100_000; i++) {
      bridge.folder("d" + i);
    }
    bridge.truncated = true;

    assertThatThrownBy(() -> save(Optional.empty()))
        .isInstanceOf(TooLargeException.class)
        .hasMessage("Workspace has too many files and folders (max 200000)");
  }

  @Test
  void keepsWhatWasInAFolderThatTheAgentLocked() throws Exception {
    bridge.folder("locked");
    bridge.file("locked/a", bytes("a"));
    bridge.file("open", bytes("open"));
    var first = save(Optional.empty());
    bridge.entries.remove("locked/a");
    bridge.folder("locked", 0);
    bridge.file("open", bytes("changed"));
    bridge.truncated = true;

    var second = workspaces.list(save(Optional.of(first)));

    assertThat(second).contains(file("locked/a", bytes("a")), file("open", bytes("changed")));
  }

  @Test
  void keepsTheContentOfAFileThatTheAgentLocked() throws Exception {
    bridge.file("a", bytes("a"));
    var first = save(Optional.empty());
    bridge.claim("a", 1, THEN, Optional.empty(), () -> new byte[0]);
    bridge.failures.put("a", new BridgeException(BridgeException.Kind.FAILED, "no permission"));

    assertThat(save(Optional.of(first))).isEqualTo(first);
  }

  @Test
  void dropsEntriesThatNoWorkspaceCanHold() throws Exception {
    bridge.file("../escape", bytes("x"));
    bridge.file("/absolute", bytes("x"));
    bridge.file("a/../b", bytes("x"));
    bridge.link("link", "/etc");
    bridge.file("link/passwd", bytes("x"));
    bridge.file("file", bytes("x"));
    bridge.file("file/below", bytes("x"));

    assertThat(workspaces.list(save(Optional.empty())))
        .extracting(Entry::path)
        .containsExactly("file", "link");
  }

  @Test
  void endsWhenItsThreadIsInterrupted() throws Exception {
    var asked = new CountDownLatch(1);
    bridge.file("a", bytes("a"));
    bridge.stalled.put(
        "a",
        () -> {
          asked.countDown();
          return new CompletableFuture<>();
        });
    var failure = new AtomicReference<Throwable>();
    var thread =
        Thread.ofVirtual()
            .start(
                () -> {
                  try {
                    workspaces.save(bridge, Optional.empty());
                  } catch (IOException | InterruptedException e) {
                    failure.set(e);
                  }
                });
    asked.await();

    thread.interrupt();
    thread.join();

    assertThat(failure.get()).isInstanceOf(InterruptedException.class);
  }

  @Test
  void givesEqualTreesEqualDigests() throws Exception {
    var one = new Workspaces.NewFile("one", bs("1"), 0644, THEN);
    var two = new Workspaces.NewFile("two", bs("2"), 0644, THEN);

    assertThat(workspaces.store(List.of(one, two))).isEqualTo(workspaces.store(List.of(two, one)));
  }

  @Test
  void keepsTheFormOfManifestsForEver() throws Exception {
    bridge.folder("d");
    bridge.file("d/f", bytes("x"));
    bridge.link("l", "d/f");

    var manifest = save(Optional.empty());

    try (var in = workspaces.open(manifest)) {
      assertThat(new String(in.readAllBytes(), UTF_8))
          .isEqualTo(
              """
              {"version":1,"entries":[\
              {"path":"d","kind":"directory","mode":493,"modified":"2026-01-02T03:04:05.678Z"},\
              {"path":"d/f","kind":"file","mode":420,"modified":"2026-01-02T03:04:05.678Z",\
              "size":1,"blob":"2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"},\
              {"path":"l","kind":"link","mode":511,"modified":"2026-01-02T03:04:05.678Z",\
              "target":"d/f"}]}""");
    }
  }

  @Test
  void changesATreeWithoutTouchingTheOldOne() throws Exception {
    var before = workspaces.store(List.of(new Workspaces.NewFile("a", bs("a"), 0644, THEN)));

    var after = workspaces.change(before, _ -> List.of());

    assertThat(workspaces.list(after)).isEmpty();
    assertThat(workspaces.list(before)).hasSize(1);
    assertThat(workspaces.change(before, entries -> entries)).isEqualTo(before);
  }

  @Test
  void storesNoTreeWithAPathThatEscapes() {
    var file = new Workspaces.NewFile("../a", bs("a"), 0644, THEN);

    assertThatThrownBy(() -> workspaces.store(List.of(file)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("../a");
  }

  private Digest save(Optional<Digest> previous) throws IOException, InterruptedException {
    return workspaces.save(bridge, previous);
  }

  private static Entry file(String path, byte[] content) {
    return new Entry(
        path,
        Kind.FILE,
        content.length,
        0644,
        THEN,
        Optional.of(Digest.of(content)),
        Optional.empty());
  }

  private static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }

  private static ByteString bs(String text) {
    return ByteString.fromString(text);
  }
}
