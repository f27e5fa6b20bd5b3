package dev.ash.node.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class LocalSandboxesIT {
  @TempDir static Path temp;

  private static LocalSandboxes sandboxes;

  @BeforeAll
  static void open() throws IOException {
    Fixture.assumeBubblewrap();
    sandboxes = Fixture.open(temp.resolve("data"), StandIn.home(temp), Map.of());
  }

  @AfterAll
  static void close() throws IOException {
    if (sandboxes != null) {
      sandboxes.close();
    }
  }

  @Test
  void startsWithWhatPopulateWrote() throws Exception {
    var log = new CopyOnWriteArrayList<String>();
    var spec =
        Fixture.spec(
            (workspace, home) -> {
              Files.writeString(workspace.resolve("CLAUDE.md"), "be kind");
              Files.writeString(home.resolve(".gitconfig"), "[user]");
            },
            log::add);

    try (var sandbox = sandboxes.start(spec)) {
      assertThat(
              StandIn.run(sandbox, "pwd; cat CLAUDE.md; cat ~/.gitconfig; id -u; hostname").lines())
          .containsExactly("/workspace", "be kind[user]1000", "sandbox");
      await().untilAsserted(() -> assertThat(log).contains("stand-in says hello"));
    }
    assertThat(sandboxes.isolation().checks()).isNotEmpty().doesNotContainValue(false);
  }
}
