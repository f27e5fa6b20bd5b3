package dev.ash.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The commands around sessions: versions, queue, secrets, files, usage, evals, keys. */
final class ResourceCommandsTest {
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

  @ParameterizedTest
  @CsvSource({
    "version list a, /api/agents/a/versions, versions",
    "version show a 2, /api/agents/a/versions/2, version",
    "queue list --status failed --limit 5, /api/queue?status=failed&limit=5, items",
    "queue show q, /api/queue/q, item",
    "queue stats, /api/queue/stats, stats",
    "credential list, /api/credentials, credentials",
    "attachment list s1, /api/sessions/s1/attachments, attachments",
    "usage stats -a x --after T, /api/usage/stats?agentName=x&after=T, stats",
    "usage list -s s1 --limit 3, /api/usage?sessionId=s1&limit=3, events",
    "eval case list a --category c, /api/agents/a/eval-cases?category=c, cases",
    "eval run list a, /api/agents/a/eval-runs, runs",
    "eval run show a r, /api/agents/a/eval-runs/r, run",
    "eval run results a r, /api/agents/a/eval-runs/r/results, results",
    "eval run compare a r s, /api/agents/a/eval-runs/compare?runA=r&runB=s, comparison",
    "key list, /api/api-keys, keys",
    "budget list, /api/budgets, budgets",
    "session show s1, /api/sessions/s1, session"
  })
  void showsWhatTheServerSays(String command, String path, String field) {
    server.on("GET " + path, 200, "{\"" + field + "\":{\"x\":1}}");

    assertThat(rig.run(command.split(" "))).isEqualTo(new Rig.Result(0, "{\n  \"x\": 1\n}\n", ""));
  }

  @ParameterizedTest
  @CsvSource({
    "version delete a 2, /api/agents/a/versions/2, Deleted version 2 of a",
    "credential delete c, /api/credentials/c, Deleted credential: c",
    "attachment delete x, /api/attachments/x, Deleted attachment: x",
    "eval case delete a c, /api/agents/a/eval-cases/c, Deleted case: c",
    "key delete k, /api/api-keys/k, Deleted key: k"
  })
  void deletes(String command, String path, String said) {
    server.on("DELETE " + path, 200, "");

    assertThat(rig.run(command.split(" "))).isEqualTo(new Rig.Result(0, said + "\n", ""));
  }

  @Test
  void setsABudgetThatHasABound() {
    server.on(
        "POST /api/budgets",
        200,
        "{\"owner\":\"tenant\",\"scope\":\"tenant\",\"subject\":\"\",\"window\":\"day\",\"tokens\":7}");
    var words = new String[] {"budget", "set", "--scope", "tenant", "--window", "day"};

    assertThat(rig.run(words).exit()).isEqualTo(1);
    assertThat(rig.run("budget set --scope tenant --window day --tokens 7".split(" ")))
        .isEqualTo(new Rig.Result(0, "Set the budget of tenant per day\n", ""));
    assertThat(server.requests())
        .singleElement()
        .satisfies(r -> assertThat(r.json().path("tokens").asLong()).isEqualTo(7));
  }

  @Test
  void createsAVersionFromAFileAndActivatesIt() throws IOException {
    var prompt = Files.writeString(home.resolve("p.md"), "Be brief.");
    server.on("POST /api/agents/a/versions", 201, "{\"version\":{}}");
    server.on("POST /api/agents/a/versions/2/activate", 200, "{\"versionNumber\":2}");

    rig.run("version", "create", "a", "-n", "v2", "--prompt", prompt.toString(), "--from", "1");

    assertThat(server.only().json())
        .isEqualTo(
            Json.parse("{\"name\":\"v2\",\"systemPrompt\":\"Be brief.\",\"cloneFrom\":\"1\"}"));
    assertThat(rig.run("version", "activate", "a", "2").out())
        .isEqualTo("Activated version 2 of a\n");
  }

  @Test
  void queuesAndCancels() {
    server.on("POST /api/queue", 201, "{\"item\":{}}");
    server.on("DELETE /api/queue/q", 200, "{\"item\":{\"status\":\"cancelled\"}}");

    rig.run("queue", "add", "a", "do it", "--priority", "5", "-s", "s1");

    assertThat(server.only().json())
        .isEqualTo(
            Json.parse(
                "{\"agentName\":\"a\",\"prompt\":\"do it\",\"sessionId\":\"s1\",\"priority\":5}"));
    assertThat(rig.run("queue", "cancel", "q").out()).contains("cancelled");
  }

  @Test
  void takesASecretFromStandardInputOrAFileOnly() throws IOException {
    server.on("POST /api/credentials", 201, "{\"credential\":{\"id\":\"c\"}}");
    var file = Files.writeString(home.resolve("key"), "from-file\n");

    var piped = rig.stdin("sk-1\n").run("credential", "add", "anthropic", "-l", "mine");
    rig.run("credential", "add", "custom", "--from", file.toString());

    assertThat(piped.exit()).isZero();
    assertThat(server.requests().getFirst().json())
        .isEqualTo(Json.parse("{\"type\":\"anthropic\",\"key\":\"sk-1\",\"label\":\"mine\"}"));
    assertThat(server.requests().getLast().json().path("key").asText()).isEqualTo("from-file");
    assertThat(rig.stdin("").run("credential", "add", "anthropic").err())
        .startsWith("Failed: secret: nothing");
    assertThat(rig.run("credential", "add", "anthropic", "sk-1").exit()).isEqualTo(1);
  }

  @Test
  void attachesAndFetchesAFile() throws IOException {
    var file = Files.writeString(home.resolve("pic.png"), "png");
    server.on(
        "POST /api/sessions/s1/attachments",
        201,
        "{\"attachment\":{\"id\":\"x\",\"sessionId\":\"s1\",\"messageId\":\"unlinked\","
            + "\"filename\":\"pic.png\",\"mimeType\":\"image/png\",\"size\":3,"
            + "\"createdAt\":\"2026-01-01T00:00:00.000Z\"}}");
    server.on("GET /api/attachments/x", 200, "png");
    var copy = home.resolve("copy.png");

    assertThat(rig.run("attachment", "add", "s1", file.toString()).out())
        .isEqualTo("Attached pic.png (3 bytes): x\n");
    assertThat(server.only().json().path("mimeType").asText()).isEqualTo("image/png");
    assertThat(rig.run("attachment", "get", "x").out()).isEqualTo("png");
    assertThat(rig.run("attachment", "get", "x", "-o", copy.toString()).err())
        .isEqualTo("Saved 3 bytes to " + copy + "\n");
    assertThat(copy).hasContent("png");
    assertThat(rig.run("attachment", "add", "s1", "nowhere").err())
        .isEqualTo("Failed: file: nowhere (expected: a readable file)\n");
  }

  @Test
  void leavesNoPartOfAFileThatCouldNotBeFetched() throws IOException {
    server.tornStream("GET /api/sessions/s1/workspace", "half");
    var target = Files.createDirectories(home.resolve("out")).resolve("w.tar.gz");

    assertThat(rig.run("workspace", "download", "s1", "-o", target.toString()).exit()).isEqualTo(1);
    assertThat(target.getParent()).isEmptyDirectory();
  }

  @Test
  void movesAWorkspace() {
    server.on("GET /api/sessions/s1/workspace", 200, "tar");
    server.on("POST /api/sessions/s2/workspace", 200, "{\"message\":\"Workspace restored\"}");
    var bundle = home.resolve("w.tar.gz");

    rig.run("workspace", "download", "s1", "-o", bundle.toString());

    assertThat(rig.run("workspace", "upload", "s2", bundle.toString()).out())
        .isEqualTo("Workspace restored\n");
    assertThat(server.requests().getLast().body()).isEqualTo("{\"bundle\":\"dGFy\"}");
  }

  @Test
  void importsCasesAndStartsARun() throws IOException {
    server.on("POST /api/agents/a/eval-cases/import", 200, "{\"imported\":1}");
    server.on("POST /api/agents/a/eval-cases", 201, "{\"case\":{}}");
    server.on("POST /api/agents/a/eval-runs", 201, "{\"run\":{\"id\":\"r\"}}");
    var cases = Files.writeString(home.resolve("c.json"), "[{\"question\":\"?\"}]");

    assertThat(rig.run("eval", "case", "import", "a", cases.toString()).out())
        .isEqualTo("Imported 1 case(s)\n");
    assertThat(server.only().json()).isEqualTo(Json.parse("{\"cases\":[{\"question\":\"?\"}]}"));
    rig.run("eval", "case", "add", "a", "?", "--expect", "x", "--expect", "y");
    assertThat(server.requests().getLast().json())
        .isEqualTo(Json.parse("{\"question\":\"?\",\"expectedTopics\":[\"x\",\"y\"]}"));
    rig.run("eval", "run", "start", "a", "--version-number", "2", "--tag", "t");
    assertThat(server.requests().getLast().json())
        .isEqualTo(Json.parse("{\"versionNumber\":2,\"tags\":[\"t\"]}"));
    assertThat(rig.run("eval").err()).contains("Help: ./ash eval --help");
  }

  @Test
  void printsANewKeyAlone() {
    server.on("POST /api/api-keys", 201, "{\"id\":\"k\",\"key\":\"ash_new\"}");

    assertThat(rig.run("key", "create", "-l", "ci"))
        .isEqualTo(new Rig.Result(0, "ash_new\n", "Key k, shown this once:\n"));
  }

  @Test
  void configuresAndInterruptsASession() {
    server.on("PATCH /api/sessions/s1/config", 200, "{\"session\":{}}");
    server.on("POST /api/sessions/s1/interrupt", 202, "");

    assertThat(rig.run("session", "config", "s1", "--model", "m", "--allow", "Read,Bash").out())
        .isEqualTo("Session configured: {}\n");
    assertThat(server.only().json())
        .isEqualTo(Json.parse("{\"model\":\"m\",\"allowedTools\":[\"Read\",\"Bash\"]}"));
    assertThat(rig.run("session", "interrupt", "s1").out()).isEqualTo("Interrupted: s1\n");
  }

  @ParameterizedTest
  @CsvSource({"running, Interrupted", "waiting, Withdrawn", "ended, Had ended"})
  void interruptsOneTurnOfASession(String was, String said) {
    server.on(
        "POST /api/sessions/s1/interrupt?turn=7",
        200,
        "{\"session\":{},\"turn\":{\"number\":7,\"was\":\"" + was + "\"}}");

    assertThat(rig.run("session", "interrupt", "s1", "--turn", "7").out())
        .isEqualTo(said + ": turn 7 of s1\n");
  }

  @Test
  void saysWhatToUseInsteadOfACloud() {
    assertThat(rig.run("login", "--cloud-url", "https://x"))
        .isEqualTo(
            new Rig.Result(
                1,
                "",
                """
                Failed: there is no cloud at https://x to log in to
                To use a server: ./ash connect <url> --api-key <key>
                """));
    assertThat(rig.run("logout").err()).contains("./ash disconnect");
    assertThat(server.requests()).isEmpty();
  }
}
