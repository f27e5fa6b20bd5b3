package dev.ash.node.workspace;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ash.config.NodeConfig;
import dev.ash.node.bridge.Bridge.Kind;
import dev.ash.node.workspace.TarballReader.InvalidException;
import dev.ash.node.workspace.Workspaces.Entry;
import dev.ash.persistence.blob.FolderBlobStore;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a bundle holds, also one that somebody made to do harm. */
final class TarballTest {
  private static final Instant THEN = Instant.parse("2026-11-22T01:02:08Z");
  private static final long ROOM = 1 << 20;

  private Workspaces workspaces;

  @BeforeEach
  void openStore(@TempDir Path folder) throws IOException {
    var blobs = FolderBlobStore.open(folder, InstantSource.system(), UUID::randomUUID);
    workspaces = new StoredWorkspaces(blobs, NodeConfig.from(NodeConfig.load(Map.of())).sandbox());
  }

  /** Adds something to an archive. */
  @FunctionalInterface
  private interface Part {
    void to(TarArchiveOutputStream tar) throws IOException;
  }

  @Test
  void whatIsWrittenIsReadBack() throws Exception {
    var bytes = new ByteArrayOutputStream();
    try (var tar = new TarballWriter(new GZIPOutputStream(bytes))) {
      tar.folder("empty", 0700, THEN);
      tar.file("a/run.sh", 0755, THEN, 5, new ByteArrayInputStream("hello".getBytes(UTF_8)));
      tar.link("a/link", "../b", THEN);
      var longName = "n".repeat(150) + "/é" + "m".repeat(200);
      tar.file(longName, 0644, THEN, 0, new ByteArrayInputStream(new byte[0]));
    }

    var entries = read(bytes.toByteArray());

    assertThat(entries).extracting(Entry::path).contains("empty", "a/run.sh", "a/link");
    var script = entry(entries, "a/run.sh");
    assertThat(script.mode()).isEqualTo(0755);
    assertThat(script.modified()).isEqualTo(THEN);
    assertThat(workspaces.open(script.blob().orElseThrow()).readAllBytes())
        .isEqualTo("hello".getBytes(UTF_8));
    assertThat(entry(entries, "a/link").target()).contains("../b");
    assertThat(entries).anyMatch(one -> one.path().length() > 300);
  }

  @Test
  void pathsThatLeaveTheWorkspaceAreRefused() {
    for (var path : List.of("../x", "a/../../x", "/etc/cron.d/x", "..")) {
      assertThatThrownBy(() -> read(archive(file(path, "x"))))
          .as(path)
          .isInstanceOf(InvalidException.class)
          .hasMessageContaining("path \"" + path);
    }
  }

  @Test
  void nothingComesToLieBelowALink() {
    assertThatThrownBy(
            () -> read(archive(special("up", TarConstants.LF_SYMLINK, "d"), file("up/x", "x"))))
        .isInstanceOf(InvalidException.class)
        .hasMessage("path \"up/x\" lies below \"up\"");
  }

  @Test
  void linksThatLeaveAndDevicesAreLeftOut() throws Exception {
    var entries =
        read(
            archive(
                file("real", "x"),
                special("out", TarConstants.LF_SYMLINK, "/etc/passwd"),
                special("up", TarConstants.LF_SYMLINK, "../../x"),
                special("pipe", TarConstants.LF_FIFO, ""),
                special("disk", TarConstants.LF_BLK, ""),
                special("hard", TarConstants.LF_LINK, "real"),
                special("harder", TarConstants.LF_LINK, "/etc/shadow"),
                file("node_modules/m.js", "x")));

    assertThat(entries).extracting(Entry::path).containsExactly("hard", "real");
    assertThat(entry(entries, "hard").blob()).isEqualTo(entry(entries, "real").blob());
  }

  @Test
  void aBombIsFoundByItsSizeBeforeItIsUnpacked() {
    assertThatThrownBy(
            () -> read(archive(file("a", "x".repeat(1 << 19)), file("b", "x".repeat(1 << 20)))))
        .isInstanceOf(InvalidException.class)
        .hasMessage("more than 1048576 bytes of files");
  }

  @Test
  void aNameThatWouldFillTheMemoryIsRefused() {
    for (var type :
        new byte[] {TarConstants.LF_GNUTYPE_LONGNAME, TarConstants.LF_PAX_EXTENDED_HEADER_LC}) {
      assertThatThrownBy(() -> read(archive(huge(type), file("a", "x"))))
          .as("type %s", (char) type)
          .isInstanceOf(InvalidException.class)
          .hasMessageContaining("a header is too long");
    }
  }

  @Test
  void aFileOfHolesIsRefusedAndWhatIsLeftOutCountsToo() {
    assertThatThrownBy(() -> read(archive(special("holes", TarConstants.LF_GNUTYPE_SPARSE, ""))))
        .isInstanceOf(InvalidException.class)
        .hasMessageContaining("sparse");
    var longFile = file("tmp/x", "x".repeat(8 << 20));
    assertThatThrownBy(
            () ->
                new TarballReader(workspaces, -(255L << 20))
                    .read(new ByteArrayInputStream(archive(longFile))))
        .isInstanceOf(InvalidException.class)
        .hasMessageContaining("bytes when unpacked");
  }

  /** An entry of two MiB that describes the next one. */
  private static Part huge(byte type) {
    return tar -> {
      var entry = new TarArchiveEntry("././@LongLink", type);
      entry.setSize(2 << 20);
      tar.putArchiveEntry(entry);
      var start = (2 << 20) + " path=";
      tar.write((start + "a".repeat((2 << 20) - start.length() - 1) + "\n").getBytes(UTF_8));
      tar.closeArchiveEntry();
    };
  }

  @Test
  void whatIsCutOffIsRefused() throws Exception {
    var whole = archive(file("a", "x".repeat(5000)));
    for (var length : List.of(2, 12, whole.length / 2, whole.length - 9)) {
      assertThatThrownBy(() -> read(Arrays.copyOf(whole, length)))
          .as("%d of %d", length, whole.length)
          .isInstanceOf(InvalidException.class);
    }
  }

  @Test
  void aTreeOverAnotherWins() throws Exception {
    var lower = read(archive(file("a", "1"), file("d/x", "1"), file("keep", "1")));
    var upper = read(archive(file("a/b", "2"), file("d", "2")));

    var both = Overlay.of(lower, upper);

    assertThat(both).extracting(Entry::path).containsExactly("a/b", "d", "keep");
    assertThat(both).allMatch(one -> one.kind() == Kind.FILE);
    assertThat(workspaces.list(workspaces.change(workspaces.store(List.of()), _ -> both)))
        .hasSize(3);
  }

  private List<Entry> read(byte[] bytes) throws IOException, InvalidException {
    return new TarballReader(workspaces, ROOM).read(new ByteArrayInputStream(bytes));
  }

  private static Entry entry(List<Entry> entries, String path) {
    return entries.stream().filter(one -> one.path().equals(path)).findFirst().orElseThrow();
  }

  private static byte[] archive(Part... parts) throws IOException {
    var bytes = new ByteArrayOutputStream();
    try (var tar = new TarArchiveOutputStream(new GZIPOutputStream(bytes))) {
      for (var part : parts) {
        part.to(tar);
      }
    }
    return bytes.toByteArray();
  }

  private static Part file(String path, String text) {
    return tar -> {
      var entry = new TarArchiveEntry(path, true);
      entry.setSize(text.length());
      tar.putArchiveEntry(entry);
      tar.write(text.getBytes(UTF_8));
      tar.closeArchiveEntry();
    };
  }

  private static Part special(String path, byte type, String target) {
    return tar -> {
      var entry = new TarArchiveEntry(path, type, true);
      entry.setLinkName(target);
      tar.putArchiveEntry(entry);
      tar.closeArchiveEntry();
    };
  }
}
