package dev.ash.node.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ash.node.eval.Evals.Filters;
import dev.ash.node.eval.Evals.NewCase;
import dev.ash.node.eval.Evals.Verdict;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Every row of contract 2.14. */
final class EvalRoutesTest {
  private static final String CASES = "/api/agents/mock-agent/eval-cases";
  private static final String RUNS = "/api/agents/mock-agent/eval-runs";
  private static final String ID = "00000000-0000-4000-8000-000000000001";
  private static final String AT = "\"2026-11-22T01:02:08.394Z\"";
  private static final String CASE =
      "{\"id\":\"c1\",\"tenantId\":\"default\",\"agentName\":\"mock-agent\",\"question\":\"q\","
          + "\"expectedTopics\":null,\"expectedNotTopics\":null,\"referenceAnswer\":null,"
          + "\"category\":null,\"tags\":[\"t\"],\"chatHistory\":null,\"isActive\":true,"
          + "\"createdAt\":"
          + AT
          + ",\"updatedAt\":"
          + AT
          + "}";
  private static final String RUN =
      "{\"id\":\"r1\",\"tenantId\":\"default\",\"agentName\":\"mock-agent\",\"versionNumber\":2,"
          + "\"status\":\"completed\",\"totalCases\":1,\"completedCases\":1,"
          + "\"summary\":{\"passRate\":1},\"createdAt\":"
          + AT
          + ",\"startedAt\":"
          + AT
          + ",\"completedAt\":null}";
  private static final String RESULT =
      "{\"id\":\"e1\",\"tenantId\":\"default\",\"evalRunId\":\"r1\",\"evalCaseId\":\"c1\","
          + "\"agentResponse\":\"answer\",\"topicScore\":0.5,\"safetyScore\":null,"
          + "\"llmJudgeScore\":null,\"latencyMs\":12,\"status\":\"completed\",\"error\":null,"
          + "\"humanScore\":4,\"humanNotes\":null,\"createdAt\":"
          + AT
          + ",\"completedAt\":null}";
  private ApiServer api;

  @BeforeEach
  void start() throws Exception {
    api = new ApiServer();
  }

  @AfterEach
  void stop() {
    api.close();
  }

  @Test
  void casesAreImportedAndExported() throws Exception {
    var imported =
        api.post(
            CASES + "/import",
            "{\"cases\":[{\"question\":\"a\",\"x\":1},"
                + "{\"question\":\"b\",\"tags\":null,\"isActive\":false}]}");

    assertThat(imported.status()).isEqualTo(200);
    assertThat(imported.body()).isEqualTo("{\"imported\":2}");
    assertThat(api.evals.asked)
        .containsExactly(
            List.of(
                new NewCase("{\"question\":\"a\"}", true),
                new NewCase("{\"question\":\"b\",\"tags\":null}", false)));
    assertThat(api.get(CASES + "/export").body()).isEqualTo("{\"cases\":[" + CASE + "]}");
    assertThat(api.post(CASES + "/import", "{\"cases\":[{}]}").body())
        .contains("body/cases/0 must have required property 'question'");
  }

  @Test
  void casesAreListedMadeChangedAndDeleted() throws Exception {
    assertThat(api.get(CASES + "?category=c&isActive=false").body())
        .isEqualTo("{\"cases\":[" + CASE + "]}");
    var made = api.post(CASES, "{\"question\":\"a\"}");
    assertThat(made.status()).isEqualTo(201);
    assertThat(made.body()).isEqualTo("{\"case\":" + CASE + "}");
    assertThat(api.get(CASES + "/c1").body()).isEqualTo("{\"case\":" + CASE + "}");
    assertThat(api.patch(CASES + "/c1", "{\"category\":null}").status()).isEqualTo(200);
    assertThat(api.delete(CASES + "/c1").status()).isEqualTo(204);
    assertThat(api.evals.asked)
        .containsExactly(
            new FakeEvals.Listed(Optional.of("c"), Optional.of(false)),
            List.of(new NewCase("{\"question\":\"a\"}", true)),
            "case c1",
            new FakeEvals.Patched("{\"category\":null}", Optional.empty()),
            "delete c1");
    assertThat(api.post(CASES, "{\"question\":\"\"}").body())
        .contains("body/question must NOT have fewer than 1 characters");
    assertThat(api.post(CASES, "{\"question\":\"a\",\"chatHistory\":[{\"role\":\"x\"}]}").body())
        .contains("must have required property 'content'");
  }

  @Test
  void runsAreStartedListedAndCompared() throws Exception {
    var begun = api.post(RUNS, "{\"versionNumber\":2,\"categories\":[\"c\"],\"tags\":[\"t\"]}");
    assertThat(begun.status()).isEqualTo(201);
    assertThat(begun.body()).isEqualTo("{\"run\":" + RUN + "}");
    assertThat(api.get(RUNS).body()).isEqualTo("{\"runs\":[" + RUN + "]}");
    assertThat(api.get(RUNS + "/r1").body()).isEqualTo("{\"run\":" + RUN + "}");
    assertThat(api.get(RUNS + "/r1/results").body()).isEqualTo("{\"results\":[" + RESULT + "]}");
    assertThat(api.get(RUNS + "/compare?runA=" + ID + "&runB=" + ID).body())
        .isEqualTo(
            "{\"comparison\":{\"runA\":"
                + RUN
                + ",\"runB\":"
                + RUN
                + ",\"results\":[{\"caseId\":\"c1\",\"question\":\"q\",\"resultA\":"
                + RESULT
                + ",\"resultB\":null}]}}");
    assertThat(api.evals.asked.getFirst())
        .isEqualTo(new Filters(OptionalInt.of(2), List.of("c"), List.of("t")));
    assertThat(api.post(RUNS, "[]").body()).contains("body must be object");
    assertThat(api.get(RUNS + "/compare").body())
        .contains("querystring must have required property 'runA'");
    assertThat(api.get(RUNS + "/compare?runA=x&runB=y").body()).contains("format");
  }

  @Test
  void resultsAreScored() throws Exception {
    var all = api.post(RUNS + "/r1/score", "{\"humanScore\":3}");
    assertThat(all.status()).isEqualTo(200);
    assertThat(all.body()).isEqualTo("{\"scored\":1,\"results\":[" + RESULT + "]}");
    api.post(RUNS + "/r1/score", "{\"resultId\":\"" + ID + "\",\"humanNotes\":\"n\"}");
    var one = api.patch("/api/agents/mock-agent/eval-results/e1", "{\"humanScore\":1}");
    assertThat(one.body()).isEqualTo("{\"result\":" + RESULT + "}");
    assertThat(api.evals.asked)
        .containsExactly(
            new FakeEvals.Scored(
                "r1", Optional.empty(), new Verdict(OptionalInt.of(3), Optional.empty())),
            new FakeEvals.Scored(
                "r1", Optional.of(ID), new Verdict(OptionalInt.empty(), Optional.of("n"))),
            new FakeEvals.Scored(
                "e1", Optional.empty(), new Verdict(OptionalInt.of(1), Optional.empty())));
    assertThat(api.post(RUNS + "/r1/score", "{\"humanScore\":0}").body())
        .isEqualTo("{\"error\":\"Bad Request\",\"statusCode\":400}");
    assertThat(api.patch("/api/agents/mock-agent/eval-results/e1", "{\"humanScore\":6}").body())
        .contains("body/humanScore must be <= 5");
  }

  @Test
  void anotherTenantsAgentIsNotThere() throws Exception {
    var other = Map.of("Authorization", "Bearer " + FakeKeys.OTHER);
    for (var path : List.of(CASES, CASES + "/export", CASES + "/c1", RUNS, RUNS + "/r1/results")) {
      assertThat(api.send("GET", path, other, "").body())
          .isEqualTo("{\"error\":\"Agent not found\",\"statusCode\":404}");
    }
  }
}
