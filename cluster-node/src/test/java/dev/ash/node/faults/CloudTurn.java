package dev.ash.node.faults;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ash.node.e2e.StartedNode;
import dev.ash.scriptedmodel.ScriptedModel;
import java.util.Map;

/** A turn of the real agent, which speaks Anthropic's interface to a cloud behind its node. */
final class CloudTurn {
  private CloudTurn() {}

  /**
   * It uses a tool and answers, sees no secret of the node, and is counted to the token.
   *
   * @param model is asked by the cloud
   * @param id the model's name there
   * @param secret of the node
   */
  static void worksAndIsCounted(StartedNode node, ScriptedModel model, String id, String secret) {
    node.confide(Map.of("the cloud's secret", secret));
    var client = node.client();
    client.post("/api/agents", "{\"name\":\"a\",\"systemPrompt\":\"# a\"}").expect(201);
    var session = client.createSession("a");

    var frames =
        client.say(
            session,
            "SCN:[{\"tool\":\"Bash\",\"input\":{\"command\":\"env; echo said-by-$((6*7))\"}},"
                + "\"done by the cloud\"]");

    assertThat(frames).anyMatch(frame -> frame.data().contains("done by the cloud"));
    assertThat(frames).anyMatch(frame -> frame.data().contains("said-by-42"));
    assertThat(frames).noneMatch(frame -> frame.data().contains(secret));
    var counted = model.tokens(id);
    var total =
        client
            .get("/api/model-usage?sessionId=" + session)
            .expect(200)
            .json()
            .path("usage")
            .path(0);
    assertThat(total.path("inputTokens").asLong()).isEqualTo(counted.input()).isPositive();
    assertThat(total.path("outputTokens").asLong()).isEqualTo(counted.output()).isPositive();
  }
}
