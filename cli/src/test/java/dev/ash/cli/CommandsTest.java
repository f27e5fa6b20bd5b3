package dev.ash.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every command that asks a server: what it sends, what it prints, how it exits. */
final class CommandsTest {
  private static final String SESSION = "{\"session\":{\"id\":\"s1\",\"status\":\"active\"}}";
  private static final String SHOWN = "{\n  \"id\": \"s1\",\n  \"status\": \"active\"\n}\n";

  private final StubServer server = new StubServer();
  private @TempDir Path home;
  private Rig rig = new Rig(Path.of("/"));

  @BeforeEach
  void setUp() {
    rig = new Rig(home).server(server);
  }

  @AfterEach
  void tearDown() {
    server.close();
  }

  @Test
  void healthNeedsNoKey() {
    server.on("GET /health", 200, "{\"status\":\"ok\",\"pool\":{},\"list\":[]}");

    assertThat(rig.run("health"))
        .isEqualTo(
            new Rig.Result(
                0, "{\n  \"status\": \"ok\",\n  \"pool\": {},\n  \"list\": []\n}\n", ""));
    assertThat(server.only().authorization()).isEmpty();
  }

  @Test
  void showsTheNodesOfACluster() {
    server.on(
        "GET /nodes",
        200,
        """
        {"self":"a:1","leader":"a:1","oldest":"b:1","shards":3,"sessions":7,"nodes":[
          {"address":"a:1","status":"up","reachable":true,"roles":["api","sandbox"],
           "version":"0.2.0","shards":2,"sessions":5,"load":{"name":"n","draining":true,
           "capacity":10,"starting":1,"warm":0,"waiting":2,"running":3,"runningTurns":3}},
          {"address":"b:1","status":"up","reachable":false,"roles":["sandbox"],
           "version":"0.2.0","shards":1,"sessions":2}]}""");

    assertThat(rig.run("cluster", "status", "--management", server.url()))
        .isEqualTo(
            new Rig.Result(
                1,
                """
                NODE                     STATUS    ROLES        VERSION  SANDBOXES SHARDS SESSIONS   TURNS
                a:1                      up        api,sandbox  0.2.0         6/10      2        5       3  leader draining
                b:1                      lost      sandbox      0.2.0            ?      1        2       ?  oldest
                7 sessions in memory in 3 shards
                """,
                ""));
  }

  @Test
  void drainsANodeWithItsSecret() {
    server.on("POST /drain", 202, "{\"draining\":true}");

    assertThat(rig.run("cluster", "drain", "--management", server.url()).err())
        .contains("ASH_INTERNAL_SECRET is not set");
    assertThat(
            rig.env("ASH_INTERNAL_SECRET", "s3cret")
                .run("cluster", "drain", "--management", server.url())
                .out())
        .isEqualTo("Draining " + server.url() + "\n");
    assertThat(server.only().authorization()).contains("Bearer s3cret");
  }

  @Test
  void listsShowsAndDeletesAgents() {
    server.on("GET /api/agents", 200, "{\"agents\":[{\"name\":\"a\"}]}");
    server.on("GET /api/agents/a", 200, "{\"agent\":{\"name\":\"a\"}}");
    server.on("DELETE /api/agents/a", 200, "{\"ok\":true}");

    assertThat(rig.run("agent", "list").out()).isEqualTo("[\n  {\n    \"name\": \"a\"\n  }\n]\n");
    assertThat(rig.run("agent", "info", "a").out()).isEqualTo("{\n  \"name\": \"a\"\n}\n");
    assertThat(rig.run("agent", "delete", "a").out()).isEqualTo("Deleted agent: a\n");
  }

  @Test
  void createsASessionWithVariablesAndModel() {
    server.on("POST /api/sessions", 201, SESSION);

    var result = rig.run("session", "create", "a", "-e", "X=1", "-e", "Y=a=b", "--model", "m");

    assertThat(result).isEqualTo(new Rig.Result(0, "Session created: " + SHOWN, ""));
    assertThat(server.only().json())
        .isEqualTo(
            Json.parse(
                "{\"agent\":\"a\",\"extraEnv\":{\"X\":\"1\",\"Y\":\"a=b\"},\"model\":\"m\"}"));
  }

  @Test
  void listsSessionsByFilter() {
    server.on("GET /api/sessions", 200, "{\"sessions\":[]}");
    server.on("GET /api/sessions?agent=a%20b&status=paused&limit=5", 200, "{\"sessions\":[{}]}");

    assertThat(rig.run("session", "list").out()).isEqualTo("[]\n");
    assertThat(
            rig.run("session", "list", "--agent", "a b", "--status", "paused", "--limit", "5")
                .out())
        .isEqualTo("[\n  {}\n]\n");
  }

  @ParameterizedTest
  @CsvSource({"pause,paused", "resume,resumed", "stop,stopped", "fork,forked"})
  void changesASession(String command, String done) {
    server.on("POST /api/sessions/s1/" + command, 200, SESSION);

    assertThat(rig.run("session", command, "s1"))
        .isEqualTo(new Rig.Result(0, "Session " + done + ": " + SHOWN, ""));
    assertThat(server.only().body()).isEmpty();
  }

  @Test
  void endsASession() {
    server.on("DELETE /api/sessions/s1", 200, SESSION);

    assertThat(rig.run("session", "end", "s1").out()).isEqualTo("Session ended: " + SHOWN);
  }

  @Test
  void execExitsWithTheCodeOfTheCommand() {
    server.on(
        "POST /api/sessions/s1/exec", 200, "{\"exitCode\":3,\"stdout\":\"o\\n\",\"stderr\":\"e\"}");

    assertThat(rig.run("session", "exec", "s1", "ls -la", "--timeout", "500"))
        .isEqualTo(new Rig.Result(3, "o\n", "e"));
    assertThat(server.only().json())
        .isEqualTo(Json.parse("{\"command\":\"ls -la\",\"timeout\":500}"));
  }

  @Test
  void listsFilesAndPrintsOne() {
    server.on(
        "GET /api/sessions/s1/files",
        200,
        "{\"files\":[{\"path\":\"a/b.txt\",\"size\":12,\"modifiedAt\":\"T\"}],\"source\":\"sandbox\"}");
    server.on("GET /api/sessions/s1/files/a%20b/c%3F.txt?format=raw", 200, "content\u001b");

    assertThat(rig.run("session", "files", "s1").out()).isEqualTo("        12  T  a/b.txt\n");
    assertThat(rig.run("session", "files", "s1", "a b/c?.txt").out()).isEqualTo("content\u001b");
  }

  @Test
  void deploysAFolderWithoutWhatIsNotMeantToTravel() throws IOException {
    var folder = agentFolder("my agent!");
    Files.writeString(folder.resolve(".env"), "# c\nexport A=1\nB=\"two words\"\nC=from-env\n");
    Files.writeString(folder.resolve(".env.local"), "C='local' \n");
    for (var skipped : new String[] {"node_modules/x.js", ".git/HEAD", "a.lock", "deep/.env"}) {
      Files.createDirectories(folder.resolve(skipped).getParent());
      Files.writeString(folder.resolve(skipped), "x");
    }
    Files.writeString(home.resolve("secret"), "secret");
    Files.createSymbolicLink(folder.resolve("out"), home.resolve("secret"));
    Files.createSymbolicLink(folder.resolve("in"), folder.resolve("CLAUDE.md"));
    server.on(
        "POST /api/agents",
        201,
        "{\"agent\":{"
            + "\"id\":\"1\",\"tenantId\":\"t\",\"path\":\"/a\",\"createdAt\":\"2026-01-01T00:00:00.000Z\",\"updatedAt\":\"2026-01-01T00:00:00.000Z\","
            + "\"name\":\"my-agent\",\"version\":2}}");

    var result = rig.run("deploy", folder.toString(), "-e", "D=4");

    assertThat(result)
        .isEqualTo(
            new Rig.Result(
                0,
                "Uploading 3 file(s)...\nDeployed agent \"my-agent\" (v2)\n  Env: A, B, C, D\n",
                ""));
    var sent = server.only().json();
    assertThat(sent.path("name").asText()).isEqualTo("my-agent");
    assertThat(sent.path("env"))
        .isEqualTo(Json.parse("{\"A\":\"1\",\"B\":\"two words\",\"C\":\"local\",\"D\":\"4\"}"));
    assertThat(sent.path("files").findValuesAsText("path"))
        .containsExactly(".claude/settings.json", "CLAUDE.md", "in");
    assertThat(sent.path("files").get(1).path("content").asText())
        .isEqualTo(
            Base64.getEncoder()
                .encodeToString("# Me".getBytes(java.nio.charset.StandardCharsets.UTF_8)));
  }

  @Test
  void deployingWithoutVariablesKeepsThoseOfTheServer() throws IOException {
    server.on(
        "POST /api/agents",
        201,
        "{\"agent\":{"
            + "\"id\":\"1\",\"tenantId\":\"t\",\"path\":\"/a\",\"createdAt\":\"2026-01-01T00:00:00.000Z\",\"updatedAt\":\"2026-01-01T00:00:00.000Z\","
            + "\"name\":\"n\",\"version\":1}}");

    rig.run("deploy", agentFolder("x").toString(), "--name", "n");

    assertThat(server.only().json().has("env")).isFalse();
  }

  @Test
  void refusesAFolderWithoutInstructions() {
    var result = rig.run("deploy", home.toString());

    assertThat(result.exit()).isEqualTo(1);
    assertThat(result.err()).startsWith("Failed: Agent directory must contain CLAUDE.md");
    assertThat(server.requests()).isEmpty();
  }

  @Test
  void chatCreatesAndEndsASession() {
    server.on("POST /api/sessions", 201, SESSION);
    server.stream(
        "POST /api/sessions/s1/messages",
        "event: text_delta\ndata: {\"delta\":\"hi\"}\n\nevent: done\ndata: {}\n\n");
    server.on("DELETE /api/sessions/s1", 200, SESSION);

    assertThat(rig.run("chat", "a", "hello", "--end"))
        .isEqualTo(new Rig.Result(0, "hi\n", "Session: s1\n"));
    assertThat(server.requests())
        .extracting(StubServer.Request::method)
        .containsExactly("POST", "POST", "DELETE");
  }

  @Test
  void chatGoesOnInASession() {
    server.stream("POST /api/sessions/s1/messages", "event: done\ndata: {}\n\n");

    assertThat(rig.run("chat", "a", "hello", "-s", "s1").exit()).isZero();
    assertThat(server.requests()).hasSize(1);
  }

  @Test
  void aRefusalNamesRequestStatusAndReason() {
    server.on("GET /api/agents/x", 404, "{\"error\":\"Agent not found\",\"statusCode\":404}");
    server.on("GET /api/agents", 502, "<html>bad gateway</html>");

    assertThat(rig.run("agent", "info", "x"))
        .isEqualTo(
            new Rig.Result(1, "", "Failed: GET /api/agents/x failed (404): Agent not found\n"));
    assertThat(rig.run("agent", "list").err())
        .isEqualTo("Failed: GET /api/agents failed (502): <html>bad gateway</html>\n");
  }

  @Test
  void aWrongKeySaysHowToSetOne() {
    server.on("GET /api/agents", 401, "{\"error\":\"Invalid API key\",\"statusCode\":401}");

    assertThat(rig.run("agent", "list").err())
        .isEqualTo(
            """
            Failed: GET /api/agents failed (401): Invalid API key
            Set ASH_API_KEY, or save the key with: ./ash connect <url> --api-key <key>
            """);
  }

  @Test
  void aServerThatIsNotThereSaysHowToStartOne() {
    server.close();

    var result = rig.run("agent", "list");

    assertThat(result.exit()).isEqualTo(1);
    assertThat(result.err())
        .startsWith("Failed: nothing answers at " + server.url())
        .contains("./ash start", "./ash connect <url>");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"localhost:4100", "ftp://x", "http://", "http://u:p@h", "http://h/?q", " "})
  void refusesAServerAddressThatIsNone(String url) {
    rig.env("ASH_SERVER_URL", url);

    if (url.isBlank()) {
      assertThat(rig.settings().serverUrl()).isEmpty();
    } else {
      assertThat(rig.run("health").err()).contains("server url: " + url + " (expected: http://");
    }
  }

  @Test
  void refusesAKeyThatWouldBreakTheHeader() {
    rig.env("ASH_API_KEY", "a\nb");

    assertThat(rig.run("health").err()).startsWith("Failed: api key: ");
  }

  @Test
  void badUseExitsWithOneAndPointsAtHelp() {
    assertThat(rig.run())
        .isEqualTo(new Rig.Result(1, "", "Failed: no command given\nHelp: ./ash --help\n"));
    assertThat(rig.run("nonsense").exit()).isEqualTo(1);
    assertThat(rig.run("session", "send", "s1"))
        .isEqualTo(
            new Rig.Result(
                1,
                "",
                "Failed: Missing required parameter: '<message>'\nHelp: ./ash session send --help\n"));
    assertThat(rig.run("deploy", "-e", "novalue", home.toString()).exit()).isEqualTo(1);
  }

  @Test
  void helpNamesEveryCommandOnce() {
    var help = rig.run("--help");

    assertThat(help.exit()).isZero();
    assertThat(help.out()).contains("deploy", "session", "connect, link", "quickstart");
    assertThat(help.out()).doesNotContain("await-node", "node-status", "hello");
  }

  private Path agentFolder(String name) throws IOException {
    var folder = Files.createDirectories(home.resolve(name));
    Files.createDirectories(folder.resolve(".claude"));
    Files.writeString(folder.resolve("CLAUDE.md"), "# Me");
    Files.writeString(folder.resolve(".claude/settings.json"), "{}");
    return folder;
  }
}
