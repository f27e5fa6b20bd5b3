package dev.ash.node.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.ash.node.e2e.SecretSearch;
import dev.ash.node.e2e.StartedNode;
import dev.ash.scriptedmodel.ScriptedModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/**
 * What the node shows to the model server is nowhere where an agent, a client or a reader of logs
 * could find it: not in the processes of a sandbox, and in no file, row, frame, log line or metric.
 *
 * <p>The end of every {@link StartedNode} looks for it in most of these places; here is shown that
 * this search finds something, and what clients are told is looked at as well.
 */
final class SecretCanaryIT {
  private static final String KEY = "canary-key-5f1c0e";
  private static final String HEADER = "canary-header-77ab21";
  private static final String TOKEN = "canary-token-0d93fe";
  private static final String FILE_HEADER = "canary-file-header-c1b7f4";
  private static final SecretSearch CANARIES =
      SecretSearch.of(
          Map.of("the key", KEY, "a header", HEADER, "the token", TOKEN, "a file", FILE_HEADER));

  /** A word of the conversation, which must be found, or the search proves nothing. */
  private static final String CONTROL = "CONTROLWORD8812";

  @Test
  void noSecretOfTheNodeIsFoundAnywhere() throws IOException {
    RealAgent.program();
    var file = Files.writeString(Files.createTempFile("token", ""), TOKEN);
    var header = Files.writeString(Files.createTempFile("header", ""), FILE_HEADER);
    try (var model = ScriptedModel.start(0);
        var node = StartedNode.start(environment(model, file, header))) {
      node.client().post("/api/agents", "{\"name\":\"a\",\"systemPrompt\":\"# a\"}").expect(201);
      var session = node.client().createSession("a");
      var frames = new ArrayList<String>();
      node.client().say(session, CONTROL + " please").forEach(f -> frames.add(f.data()));
      node.client().say(session, "SCN:[{\"error\":400}]").forEach(f -> frames.add(f.data()));
      node.client()
          .say(session, "SCN:[{\"error\":{\"status\":529},\"times\":1,\"text\":\"then\"}]")
          .forEach(f -> frames.add(f.data()));

      assertTheModelSawThem(model);
      assertFoundInside(node);
      node.confide(Map.of("a file", FILE_HEADER));
      CANARIES.assertNotIn("frames", String.join("\n", frames));
      for (var path :
          List.of(
              "/health",
              "/api/budgets",
              "/api/sessions/" + session + "/events",
              "/api/sessions/" + session + "/messages",
              "/api/sessions/" + session + "/logs",
              "/api/sessions/" + session + "/model-calls")) {
        CANARIES.assertNotIn(path, node.client().get(path).expect(200).text());
      }
    } finally {
      Files.delete(file);
      Files.delete(header);
    }
  }

  private static Map<String, String> environment(ScriptedModel model, Path token, Path header) {
    var env = new TreeMap<>(RealAgent.environment(model, Map.of()));
    env.put("ANTHROPIC_API_KEY", KEY);
    env.put("ANTHROPIC_AUTH_TOKEN_FILE", token.toString());
    env.put(
        "ANTHROPIC_CUSTOM_HEADERS",
        "x-gateway-secret: %s,x-team-id: red,x-file-secret: file://%s".formatted(HEADER, header));
    return env;
  }

  private static void assertTheModelSawThem(ScriptedModel model) {
    var call = model.calls().getLast();
    assertThat(call.header("x-api-key")).contains(KEY);
    assertThat(call.header("authorization")).contains("Bearer " + TOKEN);
    assertThat(call.header("x-gateway-secret")).contains(HEADER);
    assertThat(call.header("x-file-secret")).contains(FILE_HEADER);
    assertThat(call.header("x-team-id")).contains("red");
  }

  /** What the search at the node's end would find, were there something. */
  private static void assertFoundInside(StartedNode node) throws IOException {
    var control = SecretSearch.of(Map.of("the control word", CONTROL));
    assertThat(control.inFiles(node.dataDir())).as("files").isNotEmpty();
    var inside = node.descendants();
    assertThat(inside).isNotEmpty();
    assumeTrue(
        inside.stream().anyMatch(process -> Files.isReadable(memory(process))),
        "this user may not read the memory of sandboxes");
    assertThat(control.inProcesses(inside))
        .as("processes")
        .anyMatch(place -> place.contains("(memory)"))
        .anyMatch(place -> place.contains("/root/"));
  }

  private static Path memory(ProcessHandle process) {
    return Path.of("/proc", Long.toString(process.pid()), "mem");
  }
}
