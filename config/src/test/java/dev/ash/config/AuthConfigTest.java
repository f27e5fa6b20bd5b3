package dev.ash.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.ConfigFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class AuthConfigTest {
  @TempDir private Path folder = Path.of("");

  @Test
  void theKeyMayBeInAFileInstead() throws Exception {
    var file = Files.writeString(folder.resolve("key"), "canary-key\n");

    assertThat(read(Map.of()).apiKey()).isEmpty();
    assertThat(read(Map.of("api-key", "k")).apiKey()).contains(new Secret("k"));
    assertThat(read(Map.of("api-key-file", file.toString())).apiKey())
        .contains(new Secret("canary-key"));
  }

  @Test
  void aFileThatHoldsNoKeyIsNamed() throws Exception {
    var file = folder.resolve("key");
    refuses(Map.of("api-key-file", file.toString()), file + " cannot be read (expected: a file");
    Files.writeString(file, "\n");
    refuses(Map.of("api-key-file", file.toString()), file + " is empty (expected: a file");
    Files.writeString(file, "canary".repeat(1_000));
    refuses(Map.of("api-key-file", file.toString()), file + " is too long (expected: a file");
    refuses(Map.of("api-key-file", "/dev/zero"), "/dev/zero is too long (expected: a file");
    assertThatThrownBy(() -> read(Map.of("api-key", "canary", "api-key-file", file.toString())))
        .hasMessage("ASH_API_KEY: set, and so is ASH_API_KEY_FILE (expected: only one of them)");
  }

  private static void refuses(Map<String, String> section, String message) {
    assertThatThrownBy(() -> read(section))
        .hasMessageStartingWith("ASH_API_KEY_FILE: " + message)
        .hasMessageNotContaining("canary");
  }

  private static AuthConfig read(Map<String, String> section) {
    var all =
        new HashMap<String, String>(
            Map.of("api-key", "", "api-key-file", "", "credential-key", "", "internal-secret", ""));
    all.putAll(section);
    return AuthConfig.from(ConfigFactory.parseMap(all));
  }
}
