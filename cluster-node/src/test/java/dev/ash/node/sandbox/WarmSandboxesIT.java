package dev.ash.node.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Sandboxes that are started before a session asks for one. */
final class WarmSandboxesIT {
  @TempDir Path temp;
  private LocalSandboxes sandboxes;

  @BeforeEach
  void open() throws IOException {
    Fixture.assumeBubblewrap();
    sandboxes =
        Fixture.open(
            temp.resolve("data"),
            StandIn.home(temp),
            Map.of("ash.sandbox.memory-mb", 256, "ash.sandbox.pids", 64, "ash.sandbox.warm", 2));
    awaitWaiting(2);
  }

  @AfterEach
  void close() throws IOException {
    if (sandboxes != null) {
      sandboxes.close();
      assertThat(folders()).isEmpty();
    }
  }

  @Test
  void oneThatWaitsIsUsedAndReplaced() throws Exception {
    var log = new CopyOnWriteArrayList<String>();
    var spec =
        Fixture.spec(
            (workspace, home, _) -> {
              Files.writeString(workspace.resolve("CLAUDE.md"), "be kind\n");
              Files.writeString(home.resolve(".gitconfig"), "[user]\n");
            },
            log::add);

    try (var sandbox = sandboxes.start(spec)) {
      assertThat(sandbox.timing().ready()).isZero();
      assertThat(sandbox.id()).isEqualTo(spec.id());
      assertThat(sandboxes.startedAhead()).isEqualTo(1);
      assertThat(StandIn.run(sandbox, "pwd; cat CLAUDE.md ~/.gitconfig; id -un; hostname").lines())
          .containsExactly("/workspace", "be kind", "[user]", "agent", "sandbox");
      assertThat(StandIn.run(sandbox, "echo more >>CLAUDE.md && cat CLAUDE.md").lines())
          .containsExactly("be kind", "more");
      awaitWaiting(3);
    }
    awaitWaiting(2);
  }

  @Test
  void nothingOfOneSessionIsInTheNext() throws Exception {
    var seen = new HashSet<String>();
    for (var i = 0; i < 4; i++) {
      awaitWaiting(2);
      try (var sandbox = sandboxes.start(Fixture.spec())) {
        assertThat(StandIn.run(sandbox, "ls -A /workspace /home/agent /tmp").lines())
            .noneMatch(line -> line.contains("secret"));
        assertThat(StandIn.run(sandbox, "env; cat /proc/1/environ").lines())
            .noneMatch(line -> line.contains("secret"));
        StandIn.run(
            sandbox, "for d in /workspace /home/agent /tmp; do echo x > $d/secret; done; echo x");
        assertThat(seen.add(sandbox.bridgeToken())).isTrue();
      }
    }
    assertThat(sandboxes.startedAhead()).isEqualTo(4);
  }

  @Test
  void oneThatDiedWaitingIsNotGivenToAnybody() throws Exception {
    // Nothing else that this process has started runs bubblewrap.
    var waiting =
        ProcessHandle.current()
            .children()
            .filter(p -> p.info().commandLine().orElse("").contains("bwrap"))
            .toList();
    assertThat(waiting).hasSize(2);
    waiting.forEach(ProcessHandle::destroyForcibly);
    waiting.forEach(process -> process.onExit().join());

    try (var sandbox = sandboxes.start(Fixture.spec())) {
      assertThat(StandIn.run(sandbox, "echo alive").lines()).containsExactly("alive");
    }
  }

  @Test
  void whatCannotBeFilledIsEnded() throws Exception {
    var spec =
        Fixture.spec(
            (_, _, _) -> {
              throw new IOException("no files today");
            },
            _ -> {});
    assertThatThrownBy(() -> sandboxes.start(spec))
        .isInstanceOf(SandboxException.class)
        .hasMessageContaining("no files today");
    awaitWaiting(2);
    try (var sandbox =
        sandboxes.start(new Sandboxes.Spec(spec.id(), (_, _, _) -> {}, _ -> () -> {}, _ -> {}))) {
      assertThat(sandbox.id()).isEqualTo(spec.id());
    }
  }

  private void awaitWaiting(int folders) {
    await().untilAsserted(() -> assertThat(folders()).hasSize(folders));
    await()
        .untilAsserted(
            () -> assertThat(folders()).allMatch(f -> Files.exists(f.resolve("bridge.sock"))));
  }

  private List<Path> folders() throws IOException {
    try (var all = Files.list(temp.resolve("data/sandboxes"))) {
      return all.filter(folder -> Files.isDirectory(folder) && !Host.isNodeFolder(folder)).toList();
    }
  }
}
