package dev.ash.node.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Evals (contract 2.14), with every error row, and what another tenant sees of them. */
@ExtendWith(SharedNode.class)
final class EvalsIT {
  private static final String NOBODY = "00000000-0000-4000-8000-000000000000";
  private final SharedNode.Guest guest;
  private final StrictClient client;

  EvalsIT(SharedNode.Guest guest) {
    this.guest = guest;
    this.client = guest.client();
  }

  private static String cases(String agent) {
    return "/api/agents/" + agent + "/eval-cases";
  }

  private static String runs(String agent) {
    return "/api/agents/" + agent + "/eval-runs";
  }

  private String add(String agent, String body) {
    return client.post(cases(agent), body).expect(201).json().at("/case/id").asText();
  }

  private String start(String agent, String body) {
    return client.post(runs(agent), body).expect(201).json().at("/run/id").asText();
  }

  private JsonNode finished(String agent, String run) {
    return await()
        .atMost(Duration.ofSeconds(60))
        .until(
            () -> client.get(runs(agent) + "/" + run).expect(200).json().get("run"),
            row -> row.get("status").asText().matches("completed|failed"));
  }

  private JsonNode results(String agent, String run) {
    return client.get(runs(agent) + "/" + run + "/results").expect(200).json().get("results");
  }

  @Test
  void casesAreAddedChangedListedAndDeleted() {
    AgentFolders.plain(client, "cases");
    var one =
        client
            .post(
                cases("cases"),
                "{\"question\":\"q\",\"tags\":[\"t\"],\"expectedTopics\":null,\"category\":\"c\","
                    + "\"chatHistory\":[{\"role\":\"user\",\"content\":\"x\"}]}")
            .expect(201)
            .json()
            .get("case");
    assertThat(one.get("isActive").asBoolean()).isTrue();
    assertThat(one.get("expectedTopics").isNull()).isTrue();
    assertThat(one.get("tags").toString()).isEqualTo("[\"t\"]");
    assertThat(
            client
                .post(
                    cases("cases") + "/import",
                    "{\"cases\":[{\"question\":\"r\",\"isActive\":false}]}")
                .expect(200)
                .text())
        .isEqualTo("{\"imported\":1}");
    assertThat(client.get(cases("cases") + "/export").json().findValuesAsText("question"))
        .containsExactly("q", "r");
    assertThat(client.get(cases("cases") + "?isActive=false").json().get("cases")).hasSize(1);
    assertThat(client.get(cases("cases") + "?category=c").json().get("cases")).hasSize(1);
    var at = cases("cases") + "/" + one.get("id").asText();
    var changed =
        client.patch(at, "{\"category\":null,\"isActive\":false}").expect(200).json().get("case");
    assertThat(changed.get("category").isNull()).isTrue();
    assertThat(changed.get("question").asText()).isEqualTo("q");
    assertThat(client.get(at).expect(200).json().get("case")).isEqualTo(changed);
    client.delete(at).expect(204);
    assertThat(client.get(at).expect(404).text())
        .isEqualTo("{\"error\":\"Eval case not found\",\"statusCode\":404}");
    assertThat(client.post(cases("cases"), "{}").expect(400).text())
        .contains("body must have required property 'question'");
    assertThat(client.get(cases("cases") + "?isActive=x").expect(400).text())
        .contains("must be equal to one of the allowed values");
    assertThat(client.get(cases("none")).expect(404).text()).contains("Agent not found");
  }

  @Test
  void aRunAsksEveryActiveCaseAndIsSummedUp() {
    AgentFolders.plain(client, "asked");
    add("asked", "{\"question\":\"say apples\",\"expectedTopics\":[\"Apples\"],\"tags\":[\"x\"]}");
    add("asked", "{\"question\":\"say pears\",\"expectedTopics\":[\"plums\"]}");
    add("asked", "{\"question\":\"never\",\"isActive\":false}");

    var run = start("asked", "{}");
    var done = finished("asked", run);

    assertThat(done.get("status").asText()).isEqualTo("completed");
    assertThat(done.get("totalCases").asInt()).isEqualTo(2);
    assertThat(done.get("completedCases").asInt()).isEqualTo(2);
    assertThat(done.at("/summary/passRate").asDouble()).isEqualTo(0.5);
    assertThat(done.get("startedAt").isNull()).isFalse();
    var rows = results("asked", run);
    assertThat(rows.get(0).get("agentResponse").asText()).contains("say apples");
    assertThat(rows.get(0).get("topicScore").asDouble()).isEqualTo(1);
    assertThat(rows.get(1).get("topicScore").asDouble()).isZero();
    assertThat(rows.get(0).get("latencyMs").isNumber()).isTrue();
    await()
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(
            () ->
                assertThat(
                        client.get("/api/sessions?agent=asked").json().findValuesAsText("status"))
                    .containsExactly("ended", "ended"));

    var second = start("asked", "{\"tags\":[\"x\"]}");
    finished("asked", second);
    var comparison =
        client
            .get(runs("asked") + "/compare?runA=" + run + "&runB=" + second)
            .expect(200)
            .json()
            .get("comparison");
    assertThat(comparison.get("results")).hasSize(2);
    assertThat(comparison.at("/results/1/resultB").isNull()).isTrue();
    assertThat(comparison.at("/results/0/question").asText()).isEqualTo("say apples");
    assertThat(client.get(runs("asked")).json().get("runs").findValuesAsText("status"))
        .containsExactly("completed", "completed");
    assertThat(client.get("/api/analytics").json().at("/evals/byStatus/completed").asInt())
        .isGreaterThanOrEqualTo(2);
  }

  @Test
  void aRunIsOfTheVersionThatWasAskedFor() {
    AgentFolders.plain(client, "versioned");
    var versions = "/api/agents/versioned/versions";
    client.post(versions, "{\"systemPrompt\":\"one\"}").expect(201);
    client.post(versions, "{\"systemPrompt\":\"two\"}").expect(201);
    client.post(versions + "/2/activate").expect(200);
    add("versioned", "{\"question\":\"hello\"}");

    finished("versioned", start("versioned", "{\"versionNumber\":1}"));
    var ofOne = prompts("versioned");
    finished("versioned", start("versioned", "{}"));

    assertThat(ofOne).containsExactly("one");
    assertThat(prompts("versioned")).containsExactlyInAnyOrder("one", "two");
    assertThat(client.post(runs("versioned"), "{\"versionNumber\":9}").expect(404).text())
        .isEqualTo("{\"error\":\"Agent version 9 not found\",\"statusCode\":404}");
  }

  private List<String> prompts(String agent) {
    return client.get("/api/sessions?agent=" + agent).json().findValuesAsText("id").stream()
        .map(id -> client.get("/api/sessions/" + id + "/files/CLAUDE.md?format=raw").text())
        .toList();
  }

  @Test
  void answersAreScoredByPeople() {
    AgentFolders.plain(client, "scored");
    add("scored", "{\"question\":\"a\"}");
    add("scored", "{\"question\":\"b\"}");
    var run = start("scored", "{}");
    finished("scored", run);
    var id = results("scored", run).get(0).get("id").asText();
    var score = runs("scored") + "/" + run + "/score";

    assertThat(client.post(score, "{\"humanScore\":4}").expect(200).json().get("scored").asInt())
        .isEqualTo(2);
    client.post(score, "{\"resultId\":\"" + id + "\",\"humanNotes\":\"good\"}").expect(200);
    var one = results("scored", run).get(0);
    assertThat(one.get("humanScore").asInt()).isEqualTo(4);
    assertThat(one.get("humanNotes").asText()).isEqualTo("good");
    assertThat(
            client
                .patch("/api/agents/scored/eval-results/" + id, "{\"humanScore\":1}")
                .expect(200)
                .json()
                .at("/result/humanScore")
                .asInt())
        .isEqualTo(1);
    assertThat(client.post(score, "{}").expect(400).text())
        .isEqualTo("{\"error\":\"Provide humanScore and/or humanNotes\",\"statusCode\":400}");
    client.post(score, "{\"humanScore\":6}").expect(400);
    assertThat(
            client
                .post(score, "{\"resultId\":\"" + NOBODY + "\",\"humanScore\":1}")
                .expect(404)
                .text())
        .contains("Eval result not found in this run");
    assertThat(
            client
                .patch("/api/agents/scored/eval-results/" + NOBODY, "{\"humanScore\":1}")
                .expect(404)
                .text())
        .contains("Eval result not found");
  }

  @Test
  void nothingIsSeenOrChangedByAnotherTenantOrThroughAnotherAgent() {
    AgentFolders.plain(client, "mine");
    AgentFolders.plain(client, "twin");
    var other = guest.neighbour("evals");
    AgentFolders.plain(other, "mine");
    var id = add("mine", "{\"question\":\"a\"}");
    var run = start("mine", "{}");
    finished("mine", run);
    var result = results("mine", run).get(0).get("id").asText();

    for (var stranger : List.of(other, client)) {
      var agent = stranger == other ? "mine" : "twin";
      stranger.get(cases(agent) + "/" + id).expect(404);
      stranger.patch(cases(agent) + "/" + id, "{\"question\":\"z\"}").expect(404);
      stranger.delete(cases(agent) + "/" + id).expect(404);
      stranger.get(runs(agent) + "/" + run).expect(404);
      stranger.get(runs(agent) + "/" + run + "/results").expect(404);
      stranger.post(runs(agent) + "/" + run + "/score", "{\"humanScore\":1}").expect(404);
      stranger
          .patch("/api/agents/" + agent + "/eval-results/" + result, "{\"humanScore\":1}")
          .expect(404);
      assertThat(
              stranger
                  .get(runs(agent) + "/compare?runA=" + run + "&runB=" + run)
                  .expect(404)
                  .text())
          .contains("Eval run A not found");
    }
    assertThat(results("mine", run).get(0).get("humanScore").isNull()).isTrue();
  }
}
