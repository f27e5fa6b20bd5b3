package dev.ash.node.faults;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ash.node.e2e.StartedNode;
import dev.ash.node.model.FakeBedrock;
import dev.ash.scriptedmodel.ScriptedModel;
import java.io.IOException;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** The real agent in a sandbox, which speaks Anthropic's interface, and Bedrock behind its node. */
final class BedrockIT {
  private static final String ID = "eu.anthropic.claude-sonnet-4-5-20250929-v1:0";

  @Test
  void theAgentWorksAndItsCallsAreCounted() throws IOException {
    RealAgent.program();
    try (var model = ScriptedModel.start(0);
        var bedrock = FakeBedrock.before(model);
        var node = StartedNode.start(environment(model, bedrock))) {
      CloudTurn.worksAndIsCounted(node, model, ID, FakeBedrock.SECRET);

      assertThat(bedrock.seen())
          .hasSizeGreaterThanOrEqualTo(2)
          .allMatch(call -> call.modelId().equals(ID))
          .allMatch(call -> call.uri().endsWith("/invoke-with-response-stream"));
    }
  }

  private static Map<String, String> environment(ScriptedModel model, FakeBedrock bedrock) {
    var env = new TreeMap<>(RealAgent.environment(model, Map.of()));
    env.remove("ANTHROPIC_API_KEY");
    env.put("ANTHROPIC_BASE_URL", bedrock.url());
    env.put("ASH_MODEL_PROVIDER", "bedrock");
    env.put("ASH_MODEL_MAP", "*=" + ID);
    env.put("AWS_REGION", FakeBedrock.REGION);
    env.put("AWS_ACCESS_KEY_ID", FakeBedrock.KEY_ID);
    env.put("AWS_SECRET_ACCESS_KEY", FakeBedrock.SECRET);
    return env;
  }
}
