package dev.ash.node.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A session's files, from its sandbox and from what was saved (contract 2.8). */
@ExtendWith(SharedNode.class)
final class FilesIT {
  private static final int LARGE = 30 << 20;

  private final SharedNode.Guest guest;
  private final StrictClient client;
  private final String id;
  private final String files;

  FilesIT(SharedNode.Guest guest) {
    this.guest = guest;
    this.client = guest.client();
    this.id = client.createSession(AgentFolders.plain(client, "files"));
    this.files = "/api/sessions/" + id + "/files";
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void filesAreWrittenListedReadAndDeleted(boolean live) {
    ready(live);
    var source = live ? "sandbox" : "snapshot";

    assertThat(client.post(files, upload("docs/a.md", "# a", ".claude/x.json", "{}")).text())
        .isEqualTo(
            "{\"files\":[{\"path\":\"docs/a.md\",\"written\":true,\"size\":3},"
                + "{\"path\":\".claude/x.json\",\"written\":true,\"size\":2}]}");
    var listing = client.get(files).expect(200).json();
    assertThat(listing.get("source").asText()).isEqualTo(source);
    assertThat(listing.get("files").findValuesAsText("path"))
        .contains("docs/a.md", ".claude/x.json", "CLAUDE.md");

    var raw = client.get(files + "/docs/a.md").expect(200);
    assertThat(raw.text()).isEqualTo("# a");
    assertThat(raw.header("content-type")).isEqualTo("text/markdown");
    assertThat(raw.header("x-ash-source")).isEqualTo(source);
    assertThat(raw.header("content-length")).isEqualTo("3");
    assertThat(raw.header("content-disposition")).isEqualTo("attachment; filename*=UTF-8''a.md");
    assertThat(client.get(files + "/docs%2Fa.md?format=json").expect(200).text())
        .isEqualTo(
            "{\"path\":\"docs/a.md\",\"content\":\"# a\",\"size\":3,\"source\":\"%s\"}"
                .formatted(source));

    assertThat(client.delete(files + "/docs/a.md").expect(200).text())
        .isEqualTo("{\"path\":\"docs/a.md\",\"deleted\":true}");
    assertThat(client.get(files + "/docs/a.md").expect(404).text())
        .isEqualTo("{\"error\":\"File not found\",\"statusCode\":404}");
    assertThat(client.get(files + "/.claude").expect(400).text())
        .isEqualTo("{\"error\":\"Path is not a file\",\"statusCode\":400}");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void noPathLeavesTheWorkspace(boolean live) {
    ready(live);

    for (var path :
        List.of(
            "../CLAUDE.md",
            "a/../../x",
            "%2e%2e/CLAUDE.md",
            "..%2f..%2fetc%2fpasswd",
            "%2Fetc%2Fpasswd",
            "/etc/passwd",
            "a%00b",
            "%2e%2e%2f%2e%2e%2fash.db")) {
      var answer = client.get(files + "/" + path);
      assertThat(answer.status()).as(path + " " + answer).isIn(400, 404);
      assertThat(answer.text()).as(path).doesNotContain("root:");
      assertThat(client.delete(files + "/" + path).status()).as(path).isIn(400, 404);
    }
    var written =
        client
            .post(files, upload("../x", "x", "/tmp/x", "x", "a/../../x", "x", "a..b.txt", "fine"))
            .expect(200)
            .json()
            .get("files");
    assertThat(written.findValuesAsText("written"))
        .containsExactly("false", "false", "false", "true");
    assertThat(written.findValuesAsText("error")).containsOnly("Invalid file path");
    assertThat(client.get(files + "/a..b.txt").expect(200).text()).isEqualTo("fine");
  }

  @Test
  void linksOfTheAgentLeadNowhereOnTheHost() {
    var secret = guest.node().dataDir().resolve("ash.db");
    client.exec(
        id,
        "ln -s /etc/passwd evil; ln -s "
            + secret
            + " db; ln -s loop-b loop-a; ln -s loop-a loop-b; ln -s / root; ln -s .. up;"
            + " ln -s CLAUDE.md good; mkdir d; echo in > d/f; ln -s d dir");

    for (var source : List.of("sandbox", "snapshot")) {
      assertThat(client.get(files + "/db").status()).as(source).isIn(400, 404);
      assertThat(client.get(files + "/root" + secret).status()).as(source).isIn(400, 404);
      assertThat(client.get(files + "/loop-a").status()).as(source).isIn(400, 404, 500);
      assertThat(client.get(files + "/root/etc/shadow").status()).as(source).isIn(400, 404, 500);
      assertThat(client.get(files + "/evil").text())
          .as(source)
          .doesNotContain("daemon")
          .doesNotContain("sync:");
      var listed = client.get(files).expect(200).json();
      assertThat(listed.get("source").asText()).isEqualTo(source);
      assertThat(listed.get("files").findValuesAsText("path"))
          .as(source)
          .contains("CLAUDE.md", "d/f")
          .noneMatch(path -> path.startsWith("root/") || path.startsWith("up/"));
      client.post(files, upload("root/tmp/e2e-planted", "x", "up/e2e-planted", "x"));
      assertThat(Path.of("/tmp/e2e-planted")).doesNotExist();
      if (source.equals("sandbox")) {
        client.post("/api/sessions/" + id + "/stop").expect(200);
      }
    }
  }

  @Test
  void aLargeFileGoesUpAndDownWithEqualDigest() throws NoSuchAlgorithmException {
    var bytes = new byte[LARGE];
    new Random(7).nextBytes(bytes);
    var body = StrictClient.object();
    body.putArray("files")
        .addObject()
        .put("path", "large.bin")
        .put("content", Base64.getEncoder().encodeToString(bytes));

    var written = client.post(files, body.toString()).expect(200).json().at("/files/0");
    assertThat(written.get("size").asInt()).isEqualTo(LARGE);

    assertThat(client.exec(id, "sha256sum large.bin").get("stdout").asText())
        .startsWith(digest(bytes));
    assertThat(digest(client.get(files + "/large.bin").expect(200).bytes()))
        .isEqualTo(digest(bytes));
    assertThat(client.get(files + "/large.bin?format=json").expect(400).text())
        .isEqualTo(
            "{\"error\":\"File too large (31457280 bytes, max 1048576)\",\"statusCode\":400}");
    client.post("/api/sessions/" + id + "/stop").expect(200);
    assertThat(digest(client.get(files + "/large.bin").expect(200).bytes()))
        .isEqualTo(digest(bytes));
  }

  @Test
  void filesWrittenWhileNothingRunsAreThereWhenItRunsAgain() {
    client.say(id, "MOCK:{\"text\":\"w\",\"write\":{\"path\":\"by-agent\",\"text\":\"1\"}}");
    client.post("/api/sessions/" + id + "/stop").expect(200);
    client.post(files, upload("one", "1", "two", "2")).expect(200);
    client.post(files, upload("two", "two")).expect(200);
    client.delete(files + "/by-agent").expect(200);
    client.post("/api/sessions/" + id + "/resume").expect(200);

    assertThat(client.exec(id, "cat one two; ls").get("stdout").asText())
        .isEqualTo("1twoCLAUDE.md\none\ntwo\n");
  }

  @Test
  void hiddenNamesAreShownOnlyWhenAskedFor() {
    client.exec(
        id,
        "mkdir -p node_modules .git .cache .claude tmp && touch node_modules/a .git/b .cache/c"
            + " .claude/d tmp/e x.lock y.pid .DS_Store f");

    assertThat(paths(client.get(files).json()))
        .contains(".cache/c", ".claude/d", "tmp/e", "f")
        .doesNotContain("node_modules/a", ".git/b", "x.lock", "y.pid", ".DS_Store");
    assertThat(paths(client.get(files + "?includeHidden=false").json()))
        .contains(".claude/d", "f")
        .doesNotContain(".cache/c", "tmp/e");
  }

  /** With a sandbox that runs, or with one that was and is saved. */
  private void ready(boolean live) {
    client.exec(id, "true");
    if (!live) {
      client.post("/api/sessions/" + id + "/stop").expect(200);
    }
  }

  private static String upload(String... pathsAndTexts) {
    var body = StrictClient.object();
    var list = body.putArray("files");
    for (var i = 0; i < pathsAndTexts.length; i += 2) {
      list.addObject()
          .put("path", pathsAndTexts[i])
          .put("content", AgentFolders.base64(pathsAndTexts[i + 1]));
    }
    return body.toString();
  }

  private static List<String> paths(JsonNode listing) {
    return listing.get("files").findValuesAsText("path");
  }

  private static String digest(byte[] bytes) throws NoSuchAlgorithmException {
    return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
  }
}
