package dev.ash.node.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;

/** A sandbox whose programs have used up all processes that it may have. */
@Tag("soak")
final class FullSandboxIT {
  /** Takes every place, and each one that becomes free. */
  private static final String FILL =
      """
      perl -e 'while (1) {
          my $p = fork();
          if (!defined $p) { open(F, ">", "full"); select(undef, undef, undef, 0.01); }
          elsif (!$p) { sleep 300; exit; }
        }' >/dev/null 2>&1 &
      until [ -e full ]; do :; done
      echo kept > kept.txt
      """;

  @Test
  @EnabledIf("hasPerl")
  void itsFilesAreListedAndReadAndNothingOfItsWorkIsLost() throws IOException {
    try (var node = StartedNode.start(Map.of(), List.of("-Dash.sandbox.pids=64"))) {
      var client = node.client();
      var session = client.createSession(AgentFolders.plain(client, "full"));
      client.say(session, "hello");
      var path = "/api/sessions/" + session;

      assertThat(client.exec(session, FILL).get("exitCode").asInt()).isZero();
      assertThat(client.post(path + "/exec", "{\"command\":\"/bin/ls\"}").text())
          .as("a command that there is no process for")
          .doesNotContain("\"exitCode\":0");

      var files = client.get(path + "/files").expect(200).json();
      assertThat(files.get("source").asText()).isEqualTo("sandbox");
      assertThat(files.get("files").findValuesAsText("path")).contains("kept.txt");
      assertThat(client.get(path + "/files/kept.txt").expect(200).text()).isEqualTo("kept\n");
      client.post(path + "/stop").expect(200);
      assertThat(client.get(path + "/files/kept.txt").expect(200).text()).isEqualTo("kept\n");
    }
  }

  static boolean hasPerl() {
    return Files.isExecutable(Path.of("/usr/bin/perl"));
  }
}
