package dev.ash.node.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class FolderRemovalTest {
  @TempDir Path temp;

  @Test
  void leavesAloneWhatLinksPointTo() throws IOException {
    var kept = Files.createDirectories(temp.resolve("kept"));
    Files.writeString(kept.resolve("file"), "kept");
    var root = Files.createDirectories(temp.resolve("root"));
    Files.createSymbolicLink(root.resolve("folder"), kept);
    Files.createSymbolicLink(root.resolve("dangling"), temp.resolve("nothing"));

    FolderRemoval.remove(root);

    assertThat(root).doesNotExist();
    assertThat(kept.resolve("file")).hasContent("kept");
  }

  @Test
  void removesTheLinkWhenTheFolderItselfIsOne() throws IOException {
    var kept = Files.createDirectories(temp.resolve("kept"));
    var link = Files.createSymbolicLink(temp.resolve("link"), kept);

    FolderRemoval.remove(link);

    assertThat(link).doesNotExist();
    assertThat(kept).exists();
  }

  @Test
  void takesUpARemovalThatWasInterrupted() throws IOException {
    var root = Files.createDirectories(temp.resolve("root"));
    Files.createDirectories(root.resolve("removed-0/a/b"));
    Files.createDirectories(root.resolve("removed-1"));
    Files.createDirectories(
        root.resolve("w/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17/18/19/20/21"));

    FolderRemoval.remove(root);

    assertThat(root).doesNotExist();
  }

  @Test
  void opensFoldersThatWereShut() throws IOException {
    var root = Files.createDirectories(temp.resolve("root"));
    var shut = Files.createDirectories(root.resolve("shut"));
    Files.writeString(shut.resolve("file"), "");
    Files.setPosixFilePermissions(shut, PosixFilePermissions.fromString("---------"));

    FolderRemoval.remove(root);

    assertThat(root).doesNotExist();
  }

  @Test
  void doesNothingWhereNothingIs() throws IOException {
    FolderRemoval.remove(temp.resolve("nothing"));

    assertThat(temp).isEmptyDirectory();
  }
}
