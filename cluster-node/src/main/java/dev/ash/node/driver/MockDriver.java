package dev.ash.node.driver;

import dev.ash.node.bridge.Bridge;
import dev.ash.protocol.json.Json;
import dev.ash.protocol.session.TurnOptions;
import java.util.Map;

/** The contract's scripted agent, which lives in the bridge and speaks Claude Code's lines. */
public final class MockDriver implements AgentDriver {

  @Override
  public Bridge.Agent process(Conversation conversation, TurnOptions options) {
    return new Bridge.Agent.Mock(conversation.session().value());
  }

  @Override
  public boolean serves(TurnOptions started, TurnOptions wanted) {
    return true;
  }

  @Override
  public String prompt(Prompt prompt) {
    var line = Json.object().put("type", "user");
    line.putObject("message")
        .put("role", "user")
        .set("content", Json.parse(prompt.contentJson()).orElseThrow());
    return line.put("turn", prompt.resumed() ? Math.max(2, prompt.turn()) : prompt.turn())
        .put("includePartialMessages", prompt.options().includePartials())
        .toString();
  }

  @Override
  public String interrupt(String requestId) {
    return StreamJson.interrupt(requestId);
  }

  @Override
  public Heard hear(String raw) {
    return StreamJson.hear(raw);
  }

  @Override
  public Map<String, String> homeFiles() {
    return Map.of();
  }

  @Override
  public String transcriptFolder(String workspace) {
    return ".mock";
  }
}
