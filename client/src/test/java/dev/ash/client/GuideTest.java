package dev.ash.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The example of the guide is this module's code, and it runs. */
final class GuideTest {
  private static final String AT = "\"createdAt\":\"2026-01-01T00:00:00.000Z\"";
  private static final String AGENT =
      "{\"agent\":{\"id\":\"1\",\"name\":\"writer\",\"tenantId\":\"t\",\"version\":1,\"path\":\"/a\","
          + AT
          + ",\"updatedAt\":\"2026-01-01T00:00:00.000Z\"}}";
  private static final String SESSION =
      "{\"session\":{\"id\":\"s1\",\"agentName\":\"writer\",\"sandboxId\":\"s1\","
          + "\"status\":\"active\",\"lastActiveAt\":\"2026-01-01T00:00:00.000Z\","
          + AT
          + "}}";

  private @TempDir Path folder = Path.of("");

  @Test
  void theGuideShowsTheExampleAsItIs() throws IOException {
    var example = Files.readString(Path.of("src/test/java/dev/ash/client/Talk.java"));

    assertThat(Files.readString(Path.of("../docs/guides/clients.md")))
        .contains("```java\n" + example.substring(example.indexOf("import ")) + "```");
  }

  @Test
  void theExampleRuns() throws IOException {
    var out = new ByteArrayOutputStream();
    try (var rig = new Rig()) {
      rig.server.on("POST /api/agents", 201, AGENT);
      rig.server.on("POST /api/sessions", 201, SESSION);
      rig.server.stream(
          "POST /api/sessions/s1/messages",
          "event: tool_use\ndata: {\"id\":\"t\",\"name\":\"Write\",\"input\":{}}\n\n",
          "event: text_delta\ndata: {\"delta\":\"Done.\"}\n\n",
          "event: done\ndata: {}\n\n");
      rig.server.on("GET /api/sessions/s1/files/hello.txt?format=raw", 200, "Hello");
      rig.server.on("DELETE /api/sessions/s1", 200, SESSION);

      Talk.run(
          rig.ash,
          Files.writeString(folder.resolve("CLAUDE.md"), "# Writer"),
          folder.resolve("hello.txt"),
          new PrintStream(out, true, StandardCharsets.UTF_8));
    }

    assertThat(out.toString(StandardCharsets.UTF_8)).isEqualTo("[Write]\nDone.");
    assertThat(folder.resolve("hello.txt")).hasContent("Hello");
  }
}
