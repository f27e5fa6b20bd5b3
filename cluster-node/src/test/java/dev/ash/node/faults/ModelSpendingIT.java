package dev.ash.node.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.ash.node.e2e.StartedNode;
import dev.ash.scriptedmodel.ScriptedModel;
import java.io.IOException;
import java.time.Duration;
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
    var spent =
        ModelBill.tokens(ModelBill.usage(node().client(), "sessionId=" + session).getFirst());
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
    ModelBill.assertIsTheModels(node().client(), model());
    assertThat(ModelBill.usage(node().client(), "by=team").getFirst().path("team").asText())
        .isEqualTo("red");
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
                ModelBill.calls(node().client(), session).stream()
                    .anyMatch(
                        call ->
                            ModelBill.state(call).equals("open")
                                && call.path("inputTokens").asLong() > 0));
    node().kill9();
    turn.awaitEnd();
    // The model finds out that its caller is gone when it goes on.
    model().release("g", 100);
    await().until(() -> model().open() == 0 && model().aborted() > 0);

    node().restart();
    await()
        .atMost(Duration.ofSeconds(60))
        .until(
            () ->
                ModelBill.calls(node().client(), session).stream()
                    .anyMatch(call -> ModelBill.state(call).equals("lost")));
    await()
        .atMost(Duration.ofSeconds(60))
        .until(
            () ->
                Evidence.journal(node().dataDir(), session).stream()
                        .filter("turn-ended"::equals)
                        .count()
                    == 2);

    ModelBill.assertIsTheModels(node().client(), model());
    assertThat(ModelBill.calls(node().client(), session))
        .filteredOn(call -> ModelBill.state(call).equals("lost"))
        .hasSize(1);
    assertThat(
            ModelBill.usage(node().client(), "sessionId=" + session)
                .getFirst()
                .path("brokenCalls")
                .asInt())
        .isEqualTo(1);
  }
}
