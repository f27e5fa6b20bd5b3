package dev.ash.node.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class FolderSizeTest {
  private static final long MUCH = 1L << 40;

  @TempDir Path root;

  @Test
  void sumsBlocksOfFilesAtAnyDepth() throws IOException {
    Files.write(root.resolve("one"), new byte[1]);
    var inner = Files.createDirectories(root.resolve("a/b"));
    Files.write(inner.resolve("two"), new byte[4097]);
    var folders = FolderSize.of(root, MUCH).bytes() - 3 * 4096;

    assertThat(folders).isBetween(0L, 2 * 4096L);
  }

  @Test
  void countsALargeFileOnceHoweverManyNamesItHas() throws IOException {
    var file = Files.write(root.resolve("file"), new byte[1 << 20]);
    Files.createLink(root.resolve("again"), file);

    assertThat(FolderSize.of(root, MUCH).bytes()).isEqualTo(1 << 20);
  }

  @Test
  void stopsAtItsLimit() throws IOException {
    for (var i = 0; i < 10; i++) {
      Files.write(root.resolve("file" + i), new byte[1 << 20]);
    }

    var found = FolderSize.of(root, 3 << 20);

    assertThat(found.over()).isTrue();
    assertThat(found.bytes()).isEqualTo(4 << 20);
  }

  @Test
  void followsNoLink() throws IOException {
    Files.createSymbolicLink(root.resolve("link"), Path.of("/usr"));
    Files.createSymbolicLink(root.resolve("itself"), root);

    var found = FolderSize.of(root, MUCH);

    assertThat(found.bytes()).isLessThanOrEqualTo(2 * 4096);
    assertThat(found.hidden()).isFalse();
  }

  @Test
  void takesANestDeeperThanItWillGoForOver() throws IOException {
    Files.createDirectories(root.resolve("d/".repeat(140)));

    assertThat(FolderSize.of(root, MUCH).over()).isTrue();
  }
}
