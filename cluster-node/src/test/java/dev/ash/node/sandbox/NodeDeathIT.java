package dev.ash.node.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is left of sandboxes when the node is killed. */
final class NodeDeathIT {
  @TempDir Path temp;

  private List<ProcessHandle> killed(Path home, String state) throws Exception {
    var node =
        OtherNode.start(
            List.of(),
            System.getProperty("java.class.path"),
            temp.resolve("data").toString(),
            home.toString(),
            state,
            "sleep 1000 >/dev/null 2>&1 & touch made");
    try {
      var report = OtherNode.report(node);
      var processes = OtherNode.processes(report);
      assertThat(processes).as(report.toString()).hasSizeGreaterThan(2);
      return processes;
    } finally {
      node.destroyForcibly().waitFor();
    }
  }

  @Test
  void noProcessOutlivesTheNode() throws Exception {
    Fixture.assumeBubblewrap();

    var home = StandIn.home(temp);
    var processes = killed(home, "running");

    await().untilAsserted(() -> assertThat(processes).noneMatch(ProcessHandle::isAlive));
    try (var sandboxes = Fixture.open(temp.resolve("data"), home, Map.of())) {
      sandboxes.start(Fixture.spec()).close();
    }
    assertThat(folders()).isEmpty();
  }

  @Test
  void theNextNodeRemovesWhatWasFrozen() throws Exception {
    Fixture.assumeBubblewrap();
    var home = StandIn.home(temp);
    var processes = killed(home, "frozen");
    assertThat(folders()).hasSize(1);

    try (var sandboxes = Fixture.open(temp.resolve("data"), home, Map.of());
        var sandbox = sandboxes.start(Fixture.spec())) {
      await().untilAsserted(() -> assertThat(processes).noneMatch(ProcessHandle::isAlive));
      assertThat(folders()).containsExactly(sandbox.id());
    }
  }

  private List<String> folders() throws IOException {
    try (var entries = Files.list(temp.resolve("data/sandboxes"))) {
      return entries
          .map(e -> e.getFileName().toString())
          .filter(name -> !name.startsWith("."))
          .toList();
    }
  }
}
