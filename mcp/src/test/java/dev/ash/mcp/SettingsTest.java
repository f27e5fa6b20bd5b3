package dev.ash.mcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class SettingsTest {
  private @TempDir Path home = Path.of("");

  @Test
  void takesTheEnvironmentBeforeWhatIsSavedBeforeTheNodeHere() throws IOException {
    assertThat(Settings.from(Map.of(), home))
        .isEqualTo(new Settings("http://localhost:4100", Optional.empty(), Optional.empty()));

    var run = Files.createDirectories(home.resolve(".ash/run"));
    Files.writeString(run.resolve("node.url"), "http://localhost:4222\n");
    Files.writeString(home.resolve(".ash/config.json"), "{\"api_key\":\"local\"}");
    assertThat(Settings.from(Map.of(), home))
        .isEqualTo(new Settings("http://localhost:4222", Optional.of("local"), Optional.empty()));

    Files.writeString(
        home.resolve(".ash/config.json"), "{\"server_url\":\"https://x\",\"api_key\":\"saved\"}");
    assertThat(Settings.from(Map.of("ASH_API_KEY", " "), home))
        .isEqualTo(new Settings("https://x", Optional.of("saved"), Optional.empty()));

    var env = Map.of("ASH_SERVER_URL", "http://y", "ASH_API_KEY", "k", "ASH_MCP_KEY", "m");
    assertThat(Settings.from(env, home))
        .isEqualTo(new Settings("http://y", Optional.of("k"), Optional.of("m")));
    assertThat(Settings.from(env, home).toString()).doesNotContain("=k", "=m");
  }

  @Test
  void keysMayBeInFiles() throws IOException {
    var key = Files.writeString(home.resolve("key"), "k\n").toString();
    var mcpKey = Files.writeString(home.resolve("mcp-key"), "m\n").toString();
    assertThat(Settings.from(Map.of("ASH_API_KEY_FILE", key, "ASH_MCP_KEY_FILE", mcpKey), home))
        .isEqualTo(new Settings("http://localhost:4100", Optional.of("k"), Optional.of("m")));

    assertThatThrownBy(
            () -> Settings.from(Map.of("ASH_API_KEY_FILE", key, "ASH_API_KEY", "k"), home))
        .hasMessage("ASH_API_KEY: set, and so is ASH_API_KEY_FILE (expected: only one of them)");
    Files.writeString(home.resolve("key"), "");
    assertThatThrownBy(() -> Settings.from(Map.of("ASH_API_KEY_FILE", key), home))
        .hasMessage(
            "ASH_API_KEY_FILE: " + key + " is empty (expected: a file with nothing but the key)");
    assertThatThrownBy(() -> Settings.from(Map.of("ASH_MCP_KEY_FILE", key + "-gone"), home))
        .hasMessageContaining("ASH_MCP_KEY_FILE: " + key + "-gone cannot be read");
    assertThatThrownBy(() -> Settings.from(Map.of("ASH_API_KEY_FILE", "/dev/zero"), home))
        .hasMessageContaining("/dev/zero is too long");
  }
}
