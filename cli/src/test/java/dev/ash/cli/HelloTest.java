package dev.ash.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The last step of a quickstart, with the example as it lies in the repository. */
final class HelloTest {
  @Test
  void deploysTalksListsFilesAndSaysWhatToDoNext(@TempDir Path home) {
    try (var server = new StubServer()) {
      server.on(
          "POST /api/agents",
          201,
          "{\"agent\":{"
              + "\"id\":\"1\",\"tenantId\":\"t\",\"path\":\"/a\",\"createdAt\":\"2026-01-01T00:00:00.000Z\",\"updatedAt\":\"2026-01-01T00:00:00.000Z\","
              + "\"name\":\"hello-agent\",\"version\":1}}");
      server.on("POST /api/sessions", 201, "{\"session\":{\"id\":\"s1\"}}");
      server.stream(
          "POST /api/sessions/s1/messages",
          "event: text_delta\ndata: {\"delta\":\"Hi\"}\n\nevent: done\ndata: {}\n\n");
      server.on(
          "GET /api/sessions/s1/files?includeHidden=false",
          200,
          "{\"files\":[{\"path\":\"hello.txt\",\"size\":5,\"modifiedAt\":\"T\"}]}");
      var rig = new Rig(home);
      rig.config().saveLocalKey("ash_local");

      var result = rig.run("hello", "--url", server.url(), "../examples/hello-agent");

      assertThat(result.exit()).isZero();
      assertThat(result.out())
          .contains("Deployed agent \"hello-agent\" (v1)", "\nHi\n", "         5  T  hello.txt\n")
          .contains("./ash chat hello-agent", "-s s1", "Bearer ash_local", "./ash stop");
    }
  }
}
