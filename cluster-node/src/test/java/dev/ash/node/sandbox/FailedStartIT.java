package dev.ash.node.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

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

  /** A bwrap that leaves out one of its arguments. */
  private Path bwrapWithout(String words) throws IOException {
    var script =
        Files.writeString(
            temp.resolve("bwrap"),
            """
            #!/bin/sh
            all=$(tr '\\0' '\\n' <&8 | sed -e '/^%s$/d' | tr '\\n' ' ')
            shift 2
            exec /usr/bin/bwrap $all "$@" 8<&-
            """
                .formatted(words));
    Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
    Files.setPosixFilePermissions(temp, PosixFilePermissions.fromString("rwxr-xr-x"));
    return script;
  }

  @ParameterizedTest
  @CsvSource({"--unshare-net, connect-loopback", "--unshare-pid, see-host-process"})
  void refusesToStartWhereAWallIsMissing(String wall, String check) throws Exception {
    var bwrap = bwrapWithout(wall);
    try (var sandboxes =
        open(Map.of("ash.sandbox.bubblewrap", bwrap.toString()), "/bin/sh", "-c", "exit 3")) {
      assertThatThrownBy(() -> sandboxes.start(Fixture.spec()))
          .hasMessageContaining("sandboxes do not hold")
          .hasMessageContaining(check);

      assertThat(sandboxes.isolation().checks()).containsEntry(check, false);
      assertOnlyTheNodesFolder();
    }
  }

  @Test
  void startsNothingOnceClosed() throws Exception {
    var sandboxes = open(Map.of(), "/bin/sh", "-c", "exit 3");
    assertThatThrownBy(() -> sandboxes.start(Fixture.spec())).hasMessageContaining("code 3");

    sandboxes.close();

    assertThatThrownBy(() -> sandboxes.start(Fixture.spec())).hasMessageContaining("is stopping");
    assertOnlyTheNodesFolder();
  }

  @Test
  void closesInTheMiddleOfItsCheck() throws Exception {
    var sandboxes = open(Map.of(), "/bin/sh", "-c", "exit 3");

    sandboxes.close();

    assertOnlyTheNodesFolder();
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
        open(
            Map.of(),
            "/bin/sh",
            "-c",
            "ln -s /etc/passwd /run/host/bridge.sock; echo ready; exec sleep 60")) {
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
