package dev.ash.node.bridge;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ash.config.NodeConfig;
import dev.ash.node.workspace.PathRules;
import dev.ash.node.workspace.StoredWorkspaces;
import dev.ash.node.workspace.Workspaces;
import dev.ash.node.workspace.Workspaces.Entry;
import dev.ash.persistence.blob.FolderBlobStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Saves what a real bridge shows, and restores it. */
final class WorkspaceSaveIT {
  @TempDir Path folder;
  private RunningBridge process;
  private Bridge bridge;
  private Workspaces workspaces;

  @BeforeEach
  void start() throws Exception {
    process = RunningBridge.start(folder);
    var settings =
        new UnixBridges.Settings(
            Duration.ofSeconds(30),
            Duration.ofSeconds(20),
            PathRules.neverListed(),
            PathRules.neverPersisted());
    bridge =
        new UnixBridges(settings).connect(process.socket(), RunningBridge.TOKEN, 1, new Heard());
    var blobs =
        FolderBlobStore.open(folder.resolve("blobs"), InstantSource.system(), UUID::randomUUID);
    workspaces = new StoredWorkspaces(blobs, NodeConfig.from(NodeConfig.load(Map.of())).sandbox());
  }

  @AfterEach
  void stop() {
    bridge.close();
    process.close();
  }

  @Test
  void whatIsRestoredIsWhatWasSaved() throws Exception {
    fill(process.workspace());
    var restored = Files.createDirectory(folder.resolve("restored"));

    var manifest = workspaces.save(bridge, Optional.empty());
    workspaces.restore(manifest, restored);

    assertThat(workspaces.list(manifest))
        .extracting(Entry::path)
        .containsExactly("escape", "large", "src", "src/a file", "src/deep", "src/deep/x", "zero");
    for (var path : List.of("large", "src/a file", "src/deep/x", "zero")) {
      assertThat(restored.resolve(path)).hasSameBinaryContentAs(process.workspace().resolve(path));
      assertThat(facts(restored, path)).isEqualTo(facts(process.workspace(), path));
    }
    assertThat(Files.readSymbolicLink(restored.resolve("escape"))).hasToString("/etc/passwd");
    assertThat(facts(restored, "escape")).isEqualTo(facts(process.workspace(), "escape"));
    assertThat(workspaces.save(bridge, Optional.of(manifest))).isEqualTo(manifest);
  }

  @Test
  void aSecondSaveSeesWhatChanged() throws Exception {
    fill(process.workspace());
    var first = workspaces.save(bridge, Optional.empty());
    Files.writeString(process.workspace().resolve("src/a file"), "changed");
    Files.delete(process.workspace().resolve("zero"));

    var second = workspaces.save(bridge, Optional.of(first));

    var entries = workspaces.list(second);
    assertThat(entries).extracting(Entry::path).doesNotContain("zero").contains("src/a file");
    var changed = entries.stream().filter(entry -> entry.path().equals("src/a file")).findFirst();
    try (var in = workspaces.open(changed.orElseThrow().blob().orElseThrow())) {
      assertThat(in).hasContent("changed");
    }
  }

  @Test
  void savesAThousandFiles() throws Exception {
    var many = Files.createDirectory(process.workspace().resolve("many"));
    for (var i = 0; i < 1000; i++) {
      Files.writeString(many.resolve("f" + i), "content " + i);
    }

    assertThat(workspaces.list(workspaces.save(bridge, Optional.empty()))).hasSize(1001);
  }

  private static void fill(Path workspace) throws IOException, InterruptedException {
    Files.createDirectories(workspace.resolve("src/deep"));
    Files.createDirectories(workspace.resolve("node_modules/m"));
    Files.writeString(workspace.resolve("node_modules/m/x.js"), "x");
    Files.writeString(workspace.resolve("run.pid"), "1");
    Files.writeString(workspace.resolve("src/a file"), "hello");
    Files.writeString(workspace.resolve("src/deep/x"), "x");
    Files.write(workspace.resolve("zero"), new byte[0]);
    Files.createSymbolicLink(workspace.resolve("escape"), Path.of("/etc/passwd"));
    var large = new byte[3_000_000];
    new Random(1).nextBytes(large);
    Files.write(workspace.resolve("large"), large);
    var fifo = new ProcessBuilder("mkfifo", workspace.resolve("pipe").toString()).start();
    assertThat(fifo.waitFor(10, TimeUnit.SECONDS)).isTrue();
  }

  private static Map<String, Object> facts(Path root, String path) throws IOException {
    return Files.readAttributes(
        root.resolve(path), "unix:mode,lastModifiedTime,size", LinkOption.NOFOLLOW_LINKS);
  }
}
