package dev.ash.node.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.ash.node.session.Sessions.FileContent;
import dev.ash.node.session.Sessions.FileInfo;
import dev.ash.node.session.Sessions.Files;
import dev.ash.node.session.Sessions.NewFile;
import dev.ash.node.upload.Content;
import dev.ash.protocol.id.TenantId;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Rows F1 to F4. */
final class FileRoutesTest {
  private static final String FILES = "/api/sessions/" + FakeSessions.ID + "/files";
  private ApiServer api;

  @BeforeEach
  void start() throws Exception {
    api = new ApiServer();
  }

  @AfterEach
  void stop() {
    api.close();
  }

  private static Optional<FileContent> file(String path, String text) {
    var bytes = ByteString.fromString(text);
    return Optional.of(
        new FileContent(
            path,
            bytes.size(),
            "sandbox",
            Source.from(text.isEmpty() ? List.<ByteString>of() : List.of(bytes))));
  }

  @Test
  void listsFiles() throws Exception {
    api.sessions.files =
        new Files(
            List.of(
                new FileInfo(
                    ".claude/settings.json", 38, Instant.parse("2026-11-22T01:02:08.217Z")),
                new FileInfo("CLAUDE.md", 35, Instant.parse("2026-11-22T01:02:08.215Z"))),
            "sandbox");

    var reply = api.get(FILES);
    assertThat(reply.body())
        .isEqualTo(
            "{\"files\":[{\"path\":\".claude/settings.json\",\"size\":38,"
                + "\"modifiedAt\":\"2026-11-22T01:02:08.217Z\"},{\"path\":\"CLAUDE.md\","
                + "\"size\":35,\"modifiedAt\":\"2026-11-22T01:02:08.215Z\"}],"
                + "\"source\":\"sandbox\"}");
    assertThat(reply.header("content-length")).isEqualTo("184");
    assertThat(api.get(FILES + "?includeHidden=false").status()).isEqualTo(200);
    assertThat(api.sessions.asked)
        .containsExactly(new FakeSessions.Did("files true"), new FakeSessions.Did("files false"));
    assertThat(api.get(FILES + "?includeHidden=1").status()).isEqualTo(400);
  }

  @Test
  void sendsAFileAsItIs() throws Exception {
    api.sessions.file = file("CLAUDE.md", "# mock-agent\nYou are a test agent.\n");
    var reply = api.get(FILES + "/CLAUDE.md");

    assertThat(reply.status()).isEqualTo(200);
    assertThat(reply.header("content-type")).isEqualTo("text/markdown");
    assertThat(reply.header("content-disposition"))
        .isEqualTo("attachment; filename*=UTF-8''CLAUDE.md");
    assertThat(reply.header("content-length")).isEqualTo("35");
    assertThat(reply.header("x-ash-source")).isEqualTo("sandbox");
    assertThat(reply.body()).isEqualTo("# mock-agent\nYou are a test agent.\n");
    assertThat(api.send("HEAD", FILES + "/CLAUDE.md", Map.of(), "").header("content-length"))
        .isEqualTo("35");
    api.sessions.file = file("empty", "");
    assertThat(api.get(FILES + "/empty").header("content-length")).isEqualTo("0");
  }

  @Test
  void sendsAFileAsJson() throws Exception {
    api.sessions.file = file("a b.txt", "é\n");
    assertThat(api.get(FILES + "/a%20b.txt?format=json").body())
        .isEqualTo("{\"path\":\"a b.txt\",\"content\":\"é\\n\",\"size\":3,\"source\":\"sandbox\"}");
    assertThat(api.sessions.asked).containsExactly(new FakeSessions.Did("file a b.txt 1048576"));
  }

  @Test
  void knowsTypesByExtension() throws Exception {
    var types =
        Map.of(
            "a.TS", "text/typescript",
            "x/y.yaml", "text/yaml",
            "a.cpp", "text/x-c++",
            "i.svg", "image/svg+xml",
            "a.woff2", "font/woff2",
            "a.mjs", "application/javascript",
            "html", "application/octet-stream",
            ".json", "application/octet-stream",
            "a.", "application/octet-stream");
    for (var type : types.entrySet()) {
      api.sessions.file = file(type.getKey(), "x");
      assertThat(api.get(FILES + "/" + type.getKey()).header("content-type"))
          .as(type.getKey())
          .isEqualTo(type.getValue());
    }
  }

  @Test
  void takesSlashesRawAndEncoded() throws Exception {
    assertThat(api.get(FILES + "/a/b/c.txt").status()).isEqualTo(404);
    assertThat(api.get(FILES + "/a%2Fb%2Fc.txt").status()).isEqualTo(404);
    assertThat(api.get(FILES + "/a..b.txt").status()).isEqualTo(404);
    assertThat(api.sessions.asked)
        .containsExactly(
            new FakeSessions.Did("file a/b/c.txt 104857600"),
            new FakeSessions.Did("file a/b/c.txt 104857600"),
            new FakeSessions.Did("file a..b.txt 104857600"));
  }

  @Test
  void refusesPathsThatAreNone() throws Exception {
    for (var bad : List.of("..%2Fx", "a%2F..%2Fx", "%2Fetc%2Fpasswd", "%00", "a/%2e%2e%2f..%2fx")) {
      var read = api.get(FILES + "/" + bad);
      assertThat(read.status()).as(bad).isEqualTo(400);
      assertThat(read.body()).isEqualTo("{\"error\":\"Invalid file path\",\"statusCode\":400}");
      assertThat(api.delete(FILES + "/" + bad).status()).isEqualTo(400);
    }
    assertThat(api.get(FILES + "/").body())
        .isEqualTo("{\"error\":\"File path required\",\"statusCode\":400}");
    assertThat(api.get(FILES + "/nope").body())
        .isEqualTo("{\"error\":\"File not found\",\"statusCode\":404}");
    assertThat(api.sessions.asked).containsExactly(new FakeSessions.Did("file nope 104857600"));
  }

  @Test
  void takesLongPaths() throws Exception {
    var path = "%C3%A4".repeat(2000);
    assertThat(api.get(FILES + "/" + path).status()).isEqualTo(404);
    assertThat(api.sessions.asked)
        .containsExactly(new FakeSessions.Did("file " + "ä".repeat(2000) + " 104857600"));
  }

  @Test
  void deletesAFile() throws Exception {
    assertThat(api.delete(FILES + "/d/a.txt").body())
        .isEqualTo("{\"path\":\"d/a.txt\",\"deleted\":true}");
  }

  @Test
  void writesFiles() throws Exception {
    var reply =
        api.post(
            FILES,
            "{ \"targetPath\" : \"in\", \"files\": [ {\"content\":\"aGVs\\u0062G8=\",\"path\":\"a\\\"b\","
                + "\"mimeType\":\"text/plain\"}, {\"path\":\"c\",\"content\":1234} ] }");

    assertThat(reply.body())
        .isEqualTo(
            "{\"files\":[{\"path\":\"a\\\"b\",\"written\":true,\"size\":5},"
                + "{\"path\":\"c\",\"written\":true,\"size\":3}]}");
    assertThat(api.sessions.asked)
        .containsExactly(
            new FakeSessions.WroteFiles(
                "in",
                List.of(
                    new NewFile("a\"b", Content.of(ByteString.fromString("hello"))),
                    new NewFile(
                        "c",
                        Content.of(ByteString.fromArray(Base64.getDecoder().decode("1234")))))));
  }

  @Test
  void saysWhatIsWrongWithAnUpload() throws Exception {
    var faults = new HashMap<String, String>();
    faults.put("{}", "body must have required property 'files'");
    faults.put("{\"files\":[]}", "body/files must NOT have fewer than 1 items");
    faults.put(
        "{\"files\":[{\"path\":\"a\"}]}", "body/files/0 must have required property 'content'");
    faults.put(
        "{\"files\":[{\"path\":\"a\",\"content\":{}}]}", "body/files/0/content must be string");
    var one = "{\"path\":\"a\",\"content\":\"\"}";
    faults.put(
        "{\"files\":[" + (one + ",").repeat(500) + one + "]}",
        "body/files must NOT have more than 500 items");
    for (var fault : faults.entrySet()) {
      var reply = api.post(FILES, fault.getKey());
      assertThat(reply.status()).isEqualTo(400);
      assertThat(reply.body())
          .isEqualTo(
              "{\"statusCode\":400,\"code\":\"FST_ERR_VALIDATION\",\"error\":\"Bad Request\","
                  + "\"message\":\""
                  + fault.getValue()
                  + "\"}");
    }
    for (var bad :
        List.of(
            "{\"files\":[{\"path\":\"a\",\"content\":\"aa\naa\"}]}",
            "{\"files\":[{\"path\":\"a\",\"content\":\"aa\\x\"}]}",
            "{\"files\":[{\"path\":\"a\",\"content\":\"aaaa",
            "{\"files\":[{\"path\":\"a\",\"content\":\"a\",\"content\":\"b\"}]}",
            "{\"files\":[" + "[".repeat(300) + "]".repeat(300) + "]}")) {
      assertThat(api.post(FILES, bad).body()).contains("FST_ERR_CTP_INVALID_JSON_BODY");
    }
    assertThat(api.sessions.asked).isEmpty();
  }

  @Test
  void keepsContentsOnlyUntilTheAnswerAndRefusesThoseThatFindNoRoom() throws Exception {
    var upload =
        "{\"files\":[{\"path\":\"a\",\"content\":\""
            + Base64.getEncoder().encodeToString(new byte[2 << 20])
            + "\"}]}";
    assertThat(api.post(FILES, upload).body())
        .isEqualTo("{\"files\":[{\"path\":\"a\",\"written\":true,\"size\":2097152}]}");
    await().untilAsserted(() -> assertThat(api.uploads.taken()).isZero());

    try (var others = api.uploads.begin(Optional.empty());
        var mine = api.uploads.begin(Optional.of(TenantId.DEFAULT))) {
      assertThat(others.reserve(100L << 20)).isTrue();
      assertThat(mine.reserve(99L << 20)).isTrue();
      var refused = api.post(FILES, upload);
      assertThat(refused.status()).isEqualTo(503);
      assertThat(refused.header("retry-after")).isEqualTo("5");
      assertThat(refused.body()).contains("Too many large requests at once, try again");
      assertThat(api.post(FILES, "{\"files\":[{\"path\":\"a\",\"content\":\"aGk=\"}]}").status())
          .isEqualTo(200);
    }
    assertThat(api.post(FILES, upload).status()).isEqualTo(200);

    // As when the disk takes no more.
    assertThat(api.data.resolve("uploads").toFile().delete()).isTrue();
    var broken = api.post(FILES, upload);
    assertThat(broken.status()).isEqualTo(503);
    assertThat(broken.body()).contains("The node cannot keep uploads now; its log says why");
    await().untilAsserted(() -> assertThat(api.uploads.taken()).isZero());
  }

  @Test
  void refusesOnlyTheFilesThatAreTooLarge() throws Exception {
    var encoded = Base64.getEncoder().encode(new byte[52_428_801]);
    try (var http = new RawHttp(api.port())) {
      var before = "{\"files\":[{\"path\":\"big\",\"content\":\"";
      var after = "\"},{\"path\":\"small\",\"content\":\"aGk=\"}]}";
      http.write(
          RawHttp.head(
              "POST",
              FILES,
              Map.of("Authorization", "Bearer " + FakeKeys.KEY, "Content-Type", "application/json"),
              before.length() + encoded.length + after.length()));
      http.write(before);
      http.write(encoded);
      http.write(after.getBytes(StandardCharsets.UTF_8));

      assertThat(http.read(false).body())
          .isEqualTo(
              "{\"files\":[{\"path\":\"big\",\"written\":false,"
                  + "\"error\":\"File too large (52428801 bytes, max 52428800)\"},"
                  + "{\"path\":\"small\",\"written\":true,\"size\":2}]}");
    }
  }
}
