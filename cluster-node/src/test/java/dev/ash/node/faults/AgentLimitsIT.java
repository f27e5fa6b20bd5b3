package dev.ash.node.faults;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ash.node.e2e.StartedNode;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A workspace that grows over its limit is told to its owner and hurts nobody else. */
final class AgentLimitsIT {
  @Test
  void aWorkspaceOverItsLimitEndsTheTurnWithAnErrorAndCanBeCleanedUp() throws IOException {
    try (var node = StartedNode.start(Map.of(), List.of("-Dash.sandbox.disk-size=4MiB"))) {
      var client = node.client();
      client.post("/api/agents", "{\"name\":\"a\",\"systemPrompt\":\"# a\"}").expect(201);
      var greedy = client.createSession("a");
      var other = client.createSession("a");
      client.exec(greedy, "head -c 8388608 /dev/zero > big.bin");

      var refused = client.say(greedy, "hello");
      assertThat(refused).extracting(frame -> frame.event()).endsWith("error", "done");
      assertThat(refused.get(refused.size() - 2).data()).contains("Workspace not saved");
      assertThat(client.say(other, "hello"))
          .extracting(frame -> frame.event())
          .endsWith("done")
          .doesNotContain("error");

      client.exec(greedy, "rm big.bin; echo kept > small.txt");
      assertThat(client.say(greedy, "hello"))
          .extracting(frame -> frame.event())
          .endsWith("done")
          .doesNotContain("error");
    }
  }
}
