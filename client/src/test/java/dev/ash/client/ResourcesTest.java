package dev.ash.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ash.client.http.Content;
import dev.ash.client.model.BudgetPlace;
import dev.ash.client.model.Deployment;
import dev.ash.client.model.EvalCaseChange;
import dev.ash.client.model.FileUpload;
import dev.ash.client.model.NewEvalCase;
import dev.ash.client.model.NewEvalRun;
import dev.ash.client.model.NewQueueItem;
import dev.ash.client.model.NewVersion;
import dev.ash.client.model.SessionConfig;
import dev.ash.client.model.SessionFilter;
import dev.ash.client.model.SessionStatus;
import dev.ash.client.model.UsageFilter;
import dev.ash.protocol.json.Json;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What each group sends, and what it makes of the answer. */
final class ResourcesTest {
  private static final String AT = "\"createdAt\":\"2026-01-01T00:00:00.000Z\"";
  private static final String TIMES = AT + ",\"updatedAt\":\"2026-01-01T00:00:00.000Z\"";
  private static final String AGENT =
      "{\"id\":\"1\",\"name\":\"a\",\"tenantId\":\"t\",\"version\":2,\"path\":\"/a\",\"env\":{\"X\":\"***\"},"
          + TIMES
          + "}";
  private static final String SESSION =
      "{\"id\":\"s1\",\"agentName\":\"a\",\"sandboxId\":\"s1\",\"status\":\"later\","
          + "\"lastActiveAt\":\"2026-01-01T00:00:00.000Z\","
          + AT
          + ",\"runnerId\":null}";
  private static final String RUN =
      "{\"id\":\"r\",\"agentName\":\"a\",\"status\":\"completed\",\"totalCases\":1,\"completedCases\":1,"
          + "\"summary\":{\"avgTopicScore\":1,\"avgSafetyScore\":0.5,\"avgLatencyMs\":10,\"passRate\":1},"
          + AT
          + "}";

  private final Rig rig = new Rig();
  private final StubServer server = rig.server;
  private final AshClient ash = rig.ash;
  private @TempDir Path folder = Path.of("");

  @AfterEach
  void tearDown() {
    rig.close();
  }

  @Test
  void deploysFilesWhileTheyAreRead() throws IOException {
    var large = folder.resolve("large");
    var bytes = new byte[300_001];
    Files.write(large, bytes);
    server.tornStream("POST /api/agents");
    server.on("POST /api/agents", 201, "{\"agent\":" + AGENT + "}");

    var agent =
        ash.agents()
            .deploy(
                Deployment.ofFiles(
                        "a",
                        List.of(
                            new FileUpload(
                                "CLAUDE.md",
                                Content.of("# \"Me\"".getBytes(StandardCharsets.UTF_8))),
                            new FileUpload("l\"arge", Content.of(large))))
                    .env(Map.of("X", "1")));

    assertThat(agent.version()).isEqualTo(2);
    assertThat(agent.env()).containsExactly(Map.entry("X", "***"));
    var sent = server.requests().getLast();
    assertThat(sent.body()).isEqualTo(server.requests().getFirst().body());
    assertThat(sent.idempotencyKey()).hasValue("key-1");
    assertThat(sent.json().path("env")).isEqualTo(Json.object().put("X", "1"));
    assertThat(sent.json().path("files").findValuesAsText("path"))
        .containsExactly("CLAUDE.md", "l\"arge");
    assertThat(
            Base64.getDecoder().decode(sent.json().path("files").get(1).path("content").asText()))
        .isEqualTo(bytes);
  }

  @Test
  void deploysInstructionsAlone() {
    server.on("POST /api/agents", 201, "{\"agent\":" + AGENT + "}");

    ash.agents().deploy(Deployment.ofPrompt("a", "Be brief."));

    assertThat(server.only().json())
        .isEqualTo(Json.object().put("name", "a").put("systemPrompt", "Be brief."));
  }

  @Test
  void deletesWithAndWithoutABody() {
    server.on("DELETE /api/agents/a%20b", 200, "{\"ok\":true}");
    server.empty("DELETE /api/credentials/c", 204);

    ash.agents().delete("a b");
    ash.credentials().delete("c");

    assertThat(server.requests()).hasSize(2);
  }

  @Test
  void listsSessionsByPage() {
    server.on(
        "GET /api/sessions?agent=a%26b&status=paused&limit=5&offset=10",
        200, "{\"sessions\":[" + SESSION + "],\"total\":11}");

    var sessions =
        ash.sessions().list(SessionFilter.ofAgent("a&b").in(SessionStatus.PAUSED).page(5, 10));

    assertThat(sessions).hasSize(1);
    assertThat(sessions.getFirst().status()).isEqualTo(SessionStatus.OTHER);
    assertThat(sessions.getFirst().createdAt()).isEqualTo(Instant.parse("2026-01-01T00:00:00Z"));
    assertThat(sessions.getFirst().runnerId()).isEmpty();
  }

  @Test
  void configuresASessionAndRunsACommand() {
    server.on("PATCH /api/sessions/s1/config", 200, "{\"session\":" + SESSION + "}");
    server.on(
        "POST /api/sessions/s1/exec", 200, "{\"exitCode\":3,\"stdout\":\"o\",\"stderr\":\"\"}");

    ash.sessions()
        .configure("s1", SessionConfig.of().model("m").allowedTools(List.of("Read", "Bash")));
    var result = ash.sessions().exec("s1", "ls", Duration.ofSeconds(2));

    assertThat(server.requests().getFirst().body())
        .isEqualTo("{\"model\":\"m\",\"allowedTools\":[\"Read\",\"Bash\"]}");
    assertThat(server.requests().getLast().body())
        .isEqualTo("{\"command\":\"ls\",\"timeout\":2000}");
    assertThat(result.exitCode()).isEqualTo(3);
  }

  @Test
  void downloadsAndUploadsFiles() throws IOException {
    server.on("GET /api/sessions/s1/files/a%20b/c%3F.txt?format=raw", 200, "content");
    server.on(
        "POST /api/sessions/s1/files",
        200,
        "{\"files\":[{\"path\":\"x\",\"written\":true,\"size\":1},"
            + "{\"path\":\"..\",\"written\":false,\"error\":\"Invalid file path\"}]}");

    try (var file = ash.files().download("s1", "a b/c?.txt")) {
      assertThat(file.body()).hasContent("content");
    }
    var written =
        ash.files()
            .write(
                "s1",
                List.of(
                    new FileUpload("x", Content.of(new byte[] {1})),
                    new FileUpload("..", Content.of(new byte[0]))));

    assertThat(written.getFirst().size()).hasValue(1);
    assertThat(written.getLast().error()).hasValue("Invalid file path");
    assertThat(server.requests().getLast().body())
        .isEqualTo(
            "{\"files\":[{\"path\":\"x\",\"content\":\"AQ==\"},{\"path\":\"..\",\"content\":\"\"}]}");
  }

  @Test
  void movesAWorkspace() throws IOException {
    server.on("GET /api/sessions/s1/workspace", 200, "tar");
    server.on("POST /api/sessions/s2/workspace", 200, "{\"message\":\"Workspace restored\"}");
    var bundle = folder.resolve("b.tar.gz");

    try (var download = ash.workspaces().download("s1");
        var out = Files.newOutputStream(bundle)) {
      assertThat(download.transferTo(out)).isEqualTo(3);
    }

    assertThat(ash.workspaces().upload("s2", Content.of(bundle))).isEqualTo("Workspace restored");
    assertThat(server.requests().getLast().body()).isEqualTo("{\"bundle\":\"dGFy\"}");
  }

  @Test
  void attachesAFileToAMessage() {
    server.on(
        "POST /api/sessions/s1/attachments",
        201,
        "{\"attachment\":{\"id\":\"x\",\"sessionId\":\"s1\",\"messageId\":\"m\",\"filename\":\"f\","
            + "\"mimeType\":\"image/png\",\"size\":1,"
            + AT
            + "}}");

    var attachment =
        ash.attachments().addTo("s1", "m", "f", "image/png", Content.of(new byte[] {1}));

    assertThat(attachment.size()).isEqualTo(1);
    assertThat(server.only().body())
        .isEqualTo(
            "{\"filename\":\"f\",\"mimeType\":\"image/png\",\"messageId\":\"m\",\"content\":\"AQ==\"}");
  }

  @Test
  void addsToTheQueueOnce() {
    server.tornStream("POST /api/queue");
    server.on(
        "POST /api/queue",
        201,
        "{\"item\":{\"id\":\"q\",\"agentName\":\"a\",\"prompt\":\"p\",\"status\":\"pending\","
            + "\"priority\":5,\"retryCount\":0,\"maxRetries\":3,"
            + AT
            + "}}");

    var item = ash.queue().add(NewQueueItem.of("a", "p").priority(5));

    assertThat(item.startedAt()).isEmpty();
    assertThat(server.requests())
        .extracting(StubServer.Request::idempotencyKey)
        .containsExactly(Optional.of("key-1"), Optional.of("key-1"));
  }

  @Test
  void setsAndRemovesBudgets() {
    var budget =
        "\"owner\":\"tenant\",\"scope\":\"agent\",\"subject\":\"a\",\"window\":\"day\",\"usd\":0.5";
    server.on("POST /api/budgets", 200, "{" + budget + "}");
    server.on("GET /api/budgets", 200, "{\"budgets\":[{" + budget + ",\"spentUsd\":0.123456789}]}");
    server.on("DELETE /api/budgets?scope=agent&subject=a&window=day", 204, "");
    var place = new BudgetPlace("agent", Optional.of("a"), "day");

    assertThat(ash.budgets().setUsd(place, new BigDecimal("0.5")).place()).isEqualTo(place);
    var listed = ash.budgets().list().getFirst();
    ash.budgets().remove(place);

    assertThat(server.requests().getFirst().body())
        .isEqualTo("{\"scope\":\"agent\",\"window\":\"day\",\"subject\":\"a\",\"usd\":0.5}");
    assertThat(listed.spentUsd()).contains(new BigDecimal("0.123456789"));
    assertThat(listed.tokens()).isEmpty();
  }

  @Test
  void sumsUsage() {
    server.on(
        "GET /api/usage/stats?agentName=a&after=2026-01-01T00%3A00%3A00Z&before=2026-01-02T00%3A00%3A00Z",
        200, "{\"stats\":{\"totalInputTokens\":7,\"totalComputeSeconds\":1.5}}");

    var stats =
        ash.usage()
            .stats(
                UsageFilter.ofAgent("a")
                    .between(
                        Instant.parse("2026-01-01T00:00:00Z"),
                        Instant.parse("2026-01-02T00:00:00Z")));

    assertThat(stats.inputTokens()).isEqualTo(7);
    assertThat(stats.computeSeconds()).isEqualTo(1.5);
    assertThat(stats.costUsd()).isEmpty();
  }

  @Test
  void makesVersions() {
    server.on(
        "POST /api/agents/a/versions",
        201,
        "{\"version\":{\"id\":\"v\",\"agentName\":\"a\",\"versionNumber\":2,\"name\":\"v2\",\"isActive\":false,"
            + "\"knowledgeFiles\":null,"
            + TIMES
            + "}}");
    server.on(
        "POST /api/agents/a/versions/2/activate", 200, "{\"activated\":true,\"versionNumber\":2}");

    var version = ash.versions().create("a", NewVersion.of().systemPrompt("x").cloneFrom("1"));

    assertThat(version.knowledgeFiles()).isEmpty();
    assertThat(ash.versions().activate("a", "2")).isEqualTo(2);
  }

  @Test
  void runsEvals() {
    server.on("POST /api/agents/a/eval-cases/import", 200, "{\"imported\":1}");
    server.on("POST /api/agents/a/eval-runs", 201, "{\"run\":" + RUN + "}");
    server.on(
        "GET /api/agents/a/eval-runs/compare?runA=r&runB=r",
        200,
        "{\"comparison\":{\"runA\":"
            + RUN
            + ",\"runB\":"
            + RUN
            + ",\"results\":[{\"caseId\":\"c\",\"question\":\"?\",\"resultA\":null}]}}");

    var cases = List.of(NewEvalCase.of("?").expectedTopics(List.of("x")).active(false));
    assertThat(ash.evals().importCases("a", cases)).isEqualTo(1);
    assertThat(server.only().body())
        .isEqualTo(
            "{\"cases\":[{\"question\":\"?\",\"expectedTopics\":[\"x\"],\"isActive\":false}]}");
    var run = ash.evals().startRun("a", NewEvalRun.of().versionNumber(1));
    assertThat(run.summary().orElseThrow().safetyScore()).hasValue(0.5);
    assertThat(ash.evals().compare("a", "r", "r").results().getFirst().resultB()).isEmpty();
    assertThat(EvalCaseChange.of().question("!").json().path("question").asText()).isEqualTo("!");
  }

  @Test
  void aNewKeyIsNotInItsText() {
    server.on("POST /api/api-keys", 201, "{\"id\":\"k\",\"key\":\"ash_secret\"}");
    server.on(
        "GET /api/api-keys",
        200,
        "{\"keys\":[{\"id\":\"env\",\"label\":\"l\",\"keyPrefix\":\"x\",\"createdAt\":\"\"}]}");

    assertThat(ash.apiKeys().create("l").toString()).doesNotContain("secret");
    assertThat(ash.apiKeys().list().getFirst().createdAt()).isEmpty();
  }

  @Test
  void healthNeedsNoKey() {
    server.on("GET /health", 200, "{\"status\":\"ok\",\"uptime\":5,\"pool\":{\"maxCapacity\":10}}");

    assertThat(ash.health().pool().maxCapacity()).isEqualTo(10);
    assertThat(server.only().authorization()).isEmpty();
  }
}
