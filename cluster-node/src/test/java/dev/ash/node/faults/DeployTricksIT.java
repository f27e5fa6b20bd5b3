package dev.ash.node.faults;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ash.node.e2e.StartedNode;
import dev.ash.node.e2e.StrictClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An agent that nobody should be able to deploy is refused as a whole, or changed not at all. */
final class DeployTricksIT {
  private static final int TOO_MANY = 30_000;

  private static @Nullable StartedNode started;

  @TempDir Path temp;

  @BeforeAll
  static void start() throws IOException {
    started = StartedNode.start(Map.of());
  }

  @AfterAll
  static void stop() throws IOException {
    if (started != null) {
      started.close();
    }
  }

  private static StartedNode node() {
    if (started == null) {
      throw new IllegalStateException("the node has not started");
    }
    return started;
  }

  private static String upload(String name, List<String> paths) {
    var body = StrictClient.object().put("name", name);
    var files = body.putArray("files");
    var content = Base64.getEncoder().encodeToString("changed".getBytes(UTF_8));
    paths.forEach(path -> files.addObject().put("path", path).put("content", content));
    return body.put("systemPrompt", "# changed").toString();
  }

  private static void assertAbsent(String agent) {
    node().client().get("/api/agents/" + agent).expect(404);
    assertThat(node().client().get("/api/agents").expect(200).text())
        .doesNotContain("\"" + agent + "\"");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "../evil",
        "a/../../evil",
        "/evil-absolute",
        "..",
        ".",
        "",
        "a\0b",
        "CLAUDE.md/below",
        "good.txt/below"
      })
  void aBadPathLeavesNeitherANewAgentNorAChangedOne(String path) {
    var client = node().client();
    client.post("/api/agents", upload("kept", List.of("kept.txt"))).expect(201);
    var before = client.get("/api/agents/kept").expect(200).text();
    var files = client.get("/api/agents/kept/files").expect(200).text();

    for (var name : List.of("tricky", "kept")) {
      var answer = client.post("/api/agents", upload(name, List.of("good.txt", path)));
      assertThat(answer.status()).as("%s", answer).isEqualTo(400);
      assertThat(answer.json().get("error").asText()).isNotBlank();
    }

    assertAbsent("tricky");
    assertThat(client.get("/api/agents/kept").expect(200).text()).isEqualTo(before);
    assertThat(client.get("/api/agents/kept/files").expect(200).text()).isEqualTo(files);
    assertThat(Path.of("/evil-absolute")).doesNotExist();
  }

  @Test
  void aPathThatIsGivenTwiceIsOneFileOrNone() {
    var client = node().client();
    var answer = client.post("/api/agents", upload("twice", List.of("x", "./x", "y//x", "y/x")));
    if (answer.status() == 400) {
      assertAbsent("twice");
    } else {
      answer.expect(201);
      assertThat(client.get("/api/agents/twice/files").json().get("files").findValuesAsText("path"))
          .containsExactlyInAnyOrder("CLAUDE.md", "x", "y/x");
    }
  }

  @Test
  void tooManyFilesAreRefusedAtOnce() throws IOException {
    var client = node().client();
    var paths = new java.util.ArrayList<String>();
    for (var i = 0; i < TOO_MANY; i++) {
      paths.add("many/" + i);
    }
    var uploaded = client.post("/api/agents", upload("many", paths));
    assertThat(uploaded.status()).as(uploaded.toString()).isIn(400, 413);
    assertAbsent("many");

    var folder = Files.createDirectories(temp.resolve("many"));
    Files.writeString(folder.resolve("CLAUDE.md"), "# many");
    for (var i = 0; i < TOO_MANY; i++) {
      Files.createFile(folder.resolve("f" + i));
    }
    var copied = client.post("/api/agents", path("many", folder));
    assertThat(copied.status()).as(copied.toString()).isIn(400, 413);
    assertThat(copied.text()).contains("too many files");
    assertAbsent("many");
  }

  @Test
  void aFolderWithWhatIsNoFileIsRefused() throws Exception {
    var client = node().client();
    for (var trick :
        List.of(
            "ln -s /etc/passwd out",
            "ln -s ../../etc/passwd out",
            "mkfifo pipe",
            "mkdir d && mkfifo d/pipe",
            "mknod null c 1 3")) {
      var folder = Files.createTempDirectory(temp, "agent");
      Files.writeString(folder.resolve("CLAUDE.md"), "# a");
      var shell = new ProcessBuilder("sh", "-c", trick).directory(folder.toFile()).start();
      if (shell.waitFor() != 0) {
        continue; // No such device may be made here.
      }
      var answer = client.post("/api/agents", path("special", folder));
      assertThat(answer.status()).as(trick + " " + answer).isEqualTo(400);
      assertThat(answer.text()).as(trick).doesNotContain("root:");
      assertAbsent("special");
    }
  }

  private static String path(String name, Path folder) {
    return StrictClient.object().put("name", name).put("path", folder.toString()).toString();
  }
}
