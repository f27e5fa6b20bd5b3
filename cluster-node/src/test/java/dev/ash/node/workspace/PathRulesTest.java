package dev.ash.node.workspace;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class PathRulesTest {

  @ParameterizedTest
  @CsvSource({
    "a, a",
    "a/b.txt, a/b.txt",
    "./a, a",
    "a//b/./c/, a/b/c",
    "a..b.txt, a..b.txt",
    "...,...",
    "..a/b.., ..a/b..",
    "ä/日本 語.md, ä/日本 語.md",
    "back\\slash, back\\slash",
  })
  void bringsAPathIntoItsStoredForm(String path, String stored) {
    assertThat(PathRules.clean(path)).contains(stored);
    assertThat(PathRules.isClean(stored)).isTrue();
    assertThat(PathRules.isClean(path)).isEqualTo(path.equals(stored));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        ".",
        "./",
        "/",
        "/etc/passwd",
        "//a",
        "..",
        "../a",
        "a/..",
        "a/../b",
        "a/../../b",
        "nul\0byte",
        "half\ud800surrogate"
      })
  void refusesWhatIsNoFileBelowTheRoot(String path) {
    assertThat(PathRules.clean(path)).isEmpty();
  }

  @Test
  void refusesNamesThatNoFileSystemTakes() {
    assertThat(PathRules.clean("n".repeat(255))).isPresent();
    assertThat(PathRules.clean("n".repeat(256))).isEmpty();
    assertThat(PathRules.clean("ä".repeat(128))).isEmpty();
    assertThat(PathRules.clean("d/".repeat(1500) + "f")).isPresent();
    assertThat(PathRules.clean("d/".repeat(2000) + "f")).isEmpty();
  }

  @Test
  void neverPersistsCachesAndRuntimeFiles() {
    for (var path :
        List.of("node_modules/x", "a/.git/config", ".venv", "tmp/x", "a.sock", "b/c.pid")) {
      assertThat(PathRules.isPersisted(path, false)).as(path).isFalse();
    }
    for (var path : List.of("src/main", ".claude/settings.json", "tmp.txt", ".gitignore")) {
      assertThat(PathRules.isPersisted(path, false)).as(path).isTrue();
    }
    assertThat(PathRules.isPersisted("parts.lock", true)).isTrue();
  }

  @Test
  void listsCachesOnlyWhenHiddenFilesAreWanted() {
    assertThat(PathRules.isListed(".cache/x", true)).isTrue();
    assertThat(PathRules.isListed(".cache/x", false)).isFalse();
    assertThat(PathRules.isListed(".claude/x", false)).isTrue();
    assertThat(PathRules.isListed("a/.DS_Store", true)).isFalse();
    assertThat(PathRules.isListed(".git/config", true)).isFalse();
  }
}
