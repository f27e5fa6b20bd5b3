package dev.ash.node.faults;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ash.node.e2e.StartedNode;
import dev.ash.node.model.FakeVertex;
import dev.ash.scriptedmodel.ScriptedModel;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The real agent in a sandbox, which speaks Anthropic's interface, and Vertex behind its node. */
final class VertexIT {
  private static final String ID = "claude-sonnet-4-5@20250929";
  private static final String TOKEN = "ya29.canary-77d0-";

  @TempDir private Path folder;

  @Test
  void theAgentWorksAndItsCallsAreCounted() throws Exception {
    RealAgent.program();
    try (var model = ScriptedModel.start(0);
        var vertex = FakeVertex.before(model);
        var node = StartedNode.start(environment(model, vertex))) {
      CloudTurn.worksAndIsCounted(node, model, ID, TOKEN);

      assertThat(vertex.seen())
          .filteredOn(call -> call.uri().endsWith(":streamRawPredict"))
          .hasSizeGreaterThanOrEqualTo(2)
          .allMatch(call -> call.modelId().equals(ID));
    }
  }

  /** As on a machine of Google's: no file, but a metadata server. */
  @Test
  void withoutAFileTheMachinesAccountIsUsed() throws Exception {
    RealAgent.program();
    try (var model = ScriptedModel.start(0);
        var vertex = FakeVertex.before(model)) {
      var env = new TreeMap<>(environment(model, vertex));
      env.remove("GOOGLE_APPLICATION_CREDENTIALS");
      env.put("GCE_METADATA_HOST", vertex.url().substring("http://".length()));
      try (var node = StartedNode.start(env)) {
        CloudTurn.worksAndIsCounted(node, model, ID, TOKEN);
      }
    }
  }

  private Map<String, String> environment(ScriptedModel model, FakeVertex vertex)
      throws java.io.IOException {
    var env = new TreeMap<>(RealAgent.environment(model, Map.of()));
    env.remove("ANTHROPIC_API_KEY");
    env.put("ANTHROPIC_BASE_URL", vertex.url());
    env.put("ASH_MODEL_PROVIDER", "vertex");
    env.put("ASH_MODEL_MAP", "*=" + ID);
    env.put("ASH_MODEL_REGION", FakeVertex.REGION);
    env.put("GOOGLE_CLOUD_PROJECT", FakeVertex.PROJECT);
    env.put("GOOGLE_APPLICATION_CREDENTIALS", vertex.keyFile(folder).toString());
    return env;
  }
}
