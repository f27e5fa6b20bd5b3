package dev.ash.node.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.ash.node.e2e.StartedNode;
import dev.ash.scriptedmodel.ScriptedModel;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the real agent's calls cost, and what happens at a budget's end and at a node's. */
final class ModelSpendingIT {
  private @Nullable ScriptedModel model;
  private @Nullable StartedNode started;

  @BeforeEach
  void start() throws IOException {
    RealAgent.program();
    var scripted = ScriptedModel.start(0);
    model = scripted;
    started = StartedNode.start(RealAgent.environment(scripted, Map.of()));
    node()
        .client()
        .post(
            "/api/agents",
            "{\"name\":\"a\",\"systemPrompt\":\"# a\",\"env\":{\"ASH_TEAM_ID\":\"red\"}}")
        .expect(201);
  }

  @AfterEach
  void stop() throws IOException {
    if (started != null) {
      started.close();
    }
    if (model != null) {
      model.close();
    }
  }

  private StartedNode node() {
    if (started == null) {
      throw new IllegalStateException("the node has not started");
    }
    return started;
  }

  private ScriptedModel model() {
    if (model == null) {
      throw new IllegalStateException("the model has not started");
    }
    return model;
  }

  @Test
  void aBudgetReachedInMidSessionIsToldAndRaisingItGoesOn() {
    var client = node().client();
    var session = client.createSession("a");
    client.say(session, "The code word is BLUEBIRD-7.");
    var spent = tokens(usage("sessionId=" + session).getFirst());
    assertThat(spent).isPositive();
    var budget =
        "{\"scope\":\"session\",\"subject\":\"" + session + "\",\"window\":\"total\",\"tokens\":";
    client.post("/api/budgets", budget + spent + "}").expect(200);
    var asked = model().requests();

    var frames = client.say(session, "RECALL");

    assertThat(model().requests()).isEqualTo(asked);
    assertThat(frames)
        .filteredOn(frame -> frame.event().equals("budget_exceeded"))
        .singleElement()
        .satisfies(
            frame -> {
              assertThat(frame.json().path("scope").asText()).isEqualTo("session");
              assertThat(frame.json().path("limitTokens").asLong()).isEqualTo(spent);
              assertThat(frame.json().path("spentTokens").asLong()).isEqualTo(spent);
            });
    assertThat(frames.getLast().event()).isEqualTo("done");
    assertThat(frames)
        .anyMatch(frame -> frame.data().contains("budget of this session is used up"));
    assertThat(client.get("/api/sessions/" + session + "/events").text())
        .contains("budget_exceeded");

    client.post("/api/budgets", budget + 1_000_000_000 + "}").expect(200);

    assertThat(client.say(session, "RECALL"))
        .filteredOn(frame -> frame.event().equals("turn_complete"))
        .singleElement()
        .satisfies(frame -> assertThat(frame.data()).contains("BLUEBIRD-7"));
    assertTotalsAreTheModels();
    assertThat(usage("by=team").getFirst().path("team").asText()).isEqualTo("red");
  }

  @Test
  void totalsAreTheModelsAfterTheNodeWasKilledInMidCall() throws Exception {
    var client = node().client();
    var session = client.createSession("a");
    client.say(session, "SCN:[{\"tool\":\"Bash\",\"input\":{\"command\":\"true\"}},\"one\"]");
    var turn =
        Watcher.of(
            client.send(
                session,
                "SCN:[{\"tool\":\"Bash\",\"input\":{\"command\":\"true\"}},"
                    + "{\"text\":\"a text of some length\",\"gate\":\"g\"}]"));
    turn.await("tool_result");
    // The second call is in mid-answer, and what it has cost so far is stored.
    await()
        .atMost(Duration.ofSeconds(20))
        .until(
            () ->
                calls(session).stream()
                    .anyMatch(
                        call ->
                            call.path("state").asText().equals("open")
                                && call.path("inputTokens").asLong() > 0));
    node().kill9();
    turn.awaitEnd();
    // The model finds out that its caller is gone when it goes on.
    model().release("g", 100);
    await().until(() -> model().open() == 0 && model().aborted() > 0);

    node().restart();
    await()
        .atMost(Duration.ofSeconds(60))
        .until(() -> calls(session).stream().anyMatch(call -> state(call).equals("lost")));
    await()
        .atMost(Duration.ofSeconds(60))
        .until(
            () ->
                Evidence.journal(node().dataDir(), session).stream()
                        .filter("turn-ended"::equals)
                        .count()
                    == 2);

    assertTotalsAreTheModels();
    assertThat(calls(session)).filteredOn(call -> state(call).equals("lost")).hasSize(1);
    assertThat(usage("sessionId=" + session).getFirst().path("brokenCalls").asInt()).isEqualTo(1);
  }

  /** To the token, for each model, of all that was answered to its end. */
  private void assertTotalsAreTheModels() {
    var seen =
        usage("by=model,state").stream().filter(total -> state(total).equals("done")).toList();
    assertThat(seen).isNotEmpty();
    for (var total : seen) {
      var counted = model().tokens(total.path("model").asText());
      assertThat(total.path("inputTokens").asLong()).isEqualTo(counted.input());
      assertThat(total.path("outputTokens").asLong()).isEqualTo(counted.output());
    }
  }

  private List<JsonNode> usage(String query) {
    return list(node().client().get("/api/model-usage?" + query).expect(200).json().path("usage"));
  }

  private List<JsonNode> calls(String session) {
    return list(
        node()
            .client()
            .get("/api/sessions/" + session + "/model-calls")
            .expect(200)
            .json()
            .path("calls"));
  }

  private static List<JsonNode> list(JsonNode array) {
    return java.util.stream.StreamSupport.stream(array.spliterator(), false).toList();
  }

  private static String state(JsonNode call) {
    return call.path("state").asText();
  }

  private static long tokens(JsonNode total) {
    return total.path("inputTokens").asLong()
        + total.path("outputTokens").asLong()
        + total.path("cacheWriteTokens").asLong()
        + total.path("cacheReadTokens").asLong();
  }
}
