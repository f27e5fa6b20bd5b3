package dev.ash.node.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class FailedStartIT {
  @TempDir Path temp;

  private LocalSandboxes open(Map<String, ?> overrides, String... program) throws IOException {
    Fixture.assumeBubblewrap();
    return LocalSandboxes.open(
        temp.resolve("data"),
        Fixture.config(Files.createDirectories(temp.resolve("home")), overrides),
        Fixture.agent(),
        new SecureRandom(),
        _ -> List.of(program));
  }

  @Test
  void saysHowToGetBubblewrap() throws Exception {
    try (var sandboxes = open(Map.of("ash.sandbox.bubblewrap", "/nowhere/bwrap"), "true")) {
      assertThatThrownBy(() -> sandboxes.start(Fixture.spec()))
          .isInstanceOf(SandboxException.class)
          .hasMessageContaining("apt-get install bubblewrap");

      assertThat(sandboxes.isolation().level()).isEqualTo("unavailable");
      assertOnlyTheNodesFolder();
    }
  }

  @Test
  void tellsCodeAndLastWordsOfAProgramThatEnds() throws Exception {
    try (var sandboxes = open(Map.of(), "/bin/sh", "-c", "echo no heap left >&2; exit 7")) {
      assertThatThrownBy(() -> sandboxes.start(Fixture.spec()))
          .hasMessageContaining("code 7")
          .hasMessageContaining("no heap left");

      assertOnlyTheNodesFolder();
    }
  }

  @Test
  void givesUpOnAProgramThatIsNeverReady() throws Exception {
    try (var sandboxes =
        open(Map.of("ash.sandbox.start-timeout", "1s"), "/bin/sh", "-c", "echo busy; sleep 100")) {
      assertThatThrownBy(() -> sandboxes.start(Fixture.spec()))
          .hasMessageContaining("not ready after 1000 ms: busy");

      assertOnlyTheNodesFolder();
    }
  }

  @Test
  void refusesABridgeWithoutASocket() throws Exception {
    try (var sandboxes =
        open(Map.of(), "/bin/sh", "-c", "ln -s /etc/passwd /run/host/bridge.sock; echo ready")) {
      assertThatThrownBy(() -> sandboxes.start(Fixture.spec()))
          .hasMessageContaining("not a socket");

      assertOnlyTheNodesFolder();
    }
  }

  @Test
  void namesTheRemedyForWhatBubblewrapSays() {
    assertThat(Advice.on("bwrap: Creating new namespace failed: Operation not permitted"))
        .contains("user.max_user_namespaces")
        .contains("kernel.apparmor_restrict_unprivileged_userns=0");
    assertThat(Advice.on("bwrap: Can't mount proc on /newroot/proc: Operation not permitted"))
        .contains("systempaths=unconfined");
    assertThat(Advice.on("something else")).isEmpty();
  }

  private void assertOnlyTheNodesFolder() throws IOException {
    try (var entries = Files.list(temp.resolve("data/sandboxes"))) {
      assertThat(entries.map(e -> e.getFileName().toString()))
          .containsExactlyInAnyOrder(".node", ".lock");
    }
  }
}
