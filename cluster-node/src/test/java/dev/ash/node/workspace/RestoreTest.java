package dev.ash.node.workspace;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.nio.file.LinkOption.NOFOLLOW_LINKS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ash.config.NodeConfig;
import dev.ash.node.bridge.Bridge.Kind;
import dev.ash.node.workspace.Workspaces.Entry;
import dev.ash.persistence.blob.BlobStore;
import dev.ash.persistence.blob.FolderBlobStore;
import dev.ash.protocol.id.Digest;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class RestoreTest {
  private static final Instant THEN = Instant.parse("2020-02-03T04:05:06.123456789Z");

  @TempDir private Path base;
  private Path folder;
  private BlobStore blobs;
  private Workspaces workspaces;

  @BeforeEach
  void openStore() throws IOException {
    folder = Files.createDirectory(base.resolve("workspace"));
    blobs = FolderBlobStore.open(base.resolve("blobs"), InstantSource.system(), UUID::randomUUID);
    workspaces = new StoredWorkspaces(blobs, NodeConfig.from(NodeConfig.load(Map.of())).sandbox());
  }

  @Test
  void writesContentModesAndTimes() throws Exception {
    var tree =
        tree(
            folderEntry("bin", 0500),
            fileEntry("bin/run.sh", "#!/bin/sh", 0755),
            fileEntry("deep/er/secret", "s", 0400),
            linkEntry("latest", "bin/run.sh"));

    workspaces.restore(tree, folder);

    assertThat(folder.resolve("bin/run.sh")).hasContent("#!/bin/sh");
    assertThat(mode("bin/run.sh")).isEqualTo("rwxr-xr-x");
    assertThat(mode("deep/er/secret")).isEqualTo("r--------");
    assertThat(mode("deep")).isEqualTo("rwxr-xr-x");
    assertThat(mode("bin")).isEqualTo("rwx------");
    assertThat(Files.readSymbolicLink(folder.resolve("latest"))).hasToString("bin/run.sh");
    for (var path : List.of("bin", "bin/run.sh", "deep/er/secret", "latest")) {
      assertThat(Files.getLastModifiedTime(folder.resolve(path), NOFOLLOW_LINKS).toInstant())
          .as(path)
          .isEqualTo(THEN);
    }
  }

  @Test
  void dropsBitsThatGiveMoreThanPermissions() throws Exception {
    workspaces.restore(tree(fileEntry("suid", "x", 07777)), folder);

    assertThat((int) Files.getAttribute(folder.resolve("suid"), "unix:mode") & 07777)
        .isEqualTo(0777);
  }

  @Test
  void writesOddNames() throws Exception {
    var names = List.of(" ", "-rf", "a\nb", "a\\b", "$(id)", "*", "ä日本", "a..b", "\u001b[31m");

    workspaces.restore(
        tree(names.stream().map(name -> fileEntry(name, name, 0644)).toArray(Entry[]::new)),
        folder);

    for (var name : names) {
      assertThat(folder.resolve(name)).hasContent(name);
    }
  }

  @Test
  void writesDeepTrees() throws Exception {
    var deep = "d/".repeat(500) + "f";

    workspaces.restore(tree(fileEntry(deep, "x", 0644)), folder);

    assertThat(folder.resolve(deep)).hasContent("x");
  }

  @Test
  void keepsLinksAsTextWhateverTheyName() throws Exception {
    var outside = Files.writeString(base.resolve("outside"), "untouched");
    var tree =
        tree(
            linkEntry("absolute", outside.toString()),
            linkEntry("up", "../outside"),
            linkEntry("loop", "loop"));

    workspaces.restore(tree, folder);

    assertThat(Files.readSymbolicLink(folder.resolve("up"))).hasToString("../outside");
    assertThat(Files.readSymbolicLink(folder.resolve("loop"))).hasToString("loop");
    assertThat(outside).hasContent("untouched");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "../outside",
        "/tmp/ash-restore-escape",
        "a/../../outside",
        "",
        ".",
        "./a",
        "a//b",
        "a/",
        "nul\\u0000",
      })
  void refusesAStoredTreeWithAPathThatIsNotClean(String path) throws Exception {
    var tree = raw(json(path, "file", content("x")));

    assertThatThrownBy(() -> workspaces.restore(tree, folder)).isInstanceOf(IOException.class);

    assertNothingWritten();
  }

  @Test
  void refusesAFileBelowALinkBeforeItWritesAnything() throws Exception {
    var tree =
        raw(
            "{\"path\":\"l\",\"kind\":\"link\",\"mode\":511,\"modified\":\"%s\",\"target\":\"..\"},%s"
                .formatted(THEN, json("l/outside", "file", content("x"))));

    assertThatThrownBy(() -> workspaces.restore(tree, folder))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("l/outside");

    assertNothingWritten();
  }

  @Test
  void refusesAnEntryBelowAFileAndASecondEntryOfAName() throws Exception {
    var file = json("a", "file", content("x"));
    for (var second : List.of(json("a/b", "file", content("x")), file)) {
      var tree = raw(file + "," + second);

      assertThatThrownBy(() -> workspaces.restore(tree, folder)).isInstanceOf(IOException.class);
    }
    assertNothingWritten();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "[]",
        "{\"version\":2,\"entries\":[]}",
        "{\"version\":1}",
        "{\"version\":1,\"entries\":[{\"path\":\"a\",\"kind\":\"socket\"}]}",
        "{\"version\":1,\"entries\":[{\"path\":\"a\",\"kind\":\"file\",\"modified\":\"now\"}]}",
        "{\"version\":1,\"entries\":[{\"path\":[[[[\"a\"]]]]}]}",
      })
  void refusesABlobThatIsNoManifest(String text) throws Exception {
    var blob = blobs.put(stream(text));

    assertThatThrownBy(() -> workspaces.restore(blob, folder)).isInstanceOf(IOException.class);
  }

  @Test
  void refusesAFolderThatIsNotEmptyAndOneThatIsALink() throws Exception {
    var tree = tree(fileEntry("a", "a", 0644));
    var link = Files.createSymbolicLink(base.resolve("link"), folder);
    assertThatThrownBy(() -> workspaces.restore(tree, link)).isInstanceOf(IOException.class);
    Files.writeString(folder.resolve("there"), "");

    assertThatThrownBy(() -> workspaces.restore(tree, folder))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("expected: an empty one");
  }

  @Test
  void failsOnContentThatIsNotWhatItsDigestSays() throws Exception {
    var tree = tree(fileEntry("a", "honest", 0644));
    var hex = content("honest").hex();
    var stored =
        base.resolve("blobs")
            .resolve(hex.substring(0, 2))
            .resolve(hex.substring(2, 4))
            .resolve(hex);
    Files.writeString(stored, "forged");

    assertThatThrownBy(() -> workspaces.restore(tree, folder))
        .isInstanceOf(BlobStore.CorruptBlobException.class);
  }

  private void assertNothingWritten() throws IOException {
    assertThat(folder).isEmptyDirectory();
    assertThat(base.resolve("outside")).doesNotExist();
    assertThat(Path.of("/tmp/ash-restore-escape")).doesNotExist();
  }

  private String mode(String path) throws IOException {
    return PosixFilePermissions.toString(
        Files.getPosixFilePermissions(folder.resolve(path), NOFOLLOW_LINKS));
  }

  private Digest tree(Entry... entries) throws IOException {
    return workspaces.change(workspaces.store(List.of()), none -> List.of(entries));
  }

  private Digest raw(String entries) throws IOException {
    return blobs.put(stream("{\"version\":1,\"entries\":[" + entries + "]}"));
  }

  private static String json(String path, String kind, Digest blob) {
    return "{\"path\":\"%s\",\"kind\":\"%s\",\"mode\":420,\"modified\":\"%s\",\"size\":1,\"blob\":\"%s\"}"
        .formatted(path, kind, THEN, blob);
  }

  private Digest content(String text) throws IOException {
    return blobs.put(stream(text));
  }

  private Entry fileEntry(String path, String text, int mode) {
    try {
      return new Entry(
          path, Kind.FILE, text.length(), mode, THEN, Optional.of(content(text)), Optional.empty());
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static Entry folderEntry(String path, int mode) {
    return new Entry(path, Kind.DIRECTORY, 0, mode, THEN, Optional.empty(), Optional.empty());
  }

  private static Entry linkEntry(String path, String target) {
    return new Entry(path, Kind.LINK, 0, 0777, THEN, Optional.empty(), Optional.of(target));
  }

  private static InputStream stream(String text) {
    return new ByteArrayInputStream(text.getBytes(UTF_8));
  }
}
