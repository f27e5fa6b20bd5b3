package dev.ash.node.faults;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ash.node.e2e.SecretSearch;
import dev.ash.node.e2e.StartedNode;
import dev.ash.scriptedmodel.ScriptedModel;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** The operator wants the credential inside: then it is there, and still nowhere else. */
final class CredentialInsideIT {
  private static final String KEY = "canary-key-31c9d2";
  private static final String HEADER = "canary-header-8e07ab";
  private static final String OWN = "canary-own-5570fe";
  private static final SecretSearch CANARIES =
      SecretSearch.of(Map.of("the key", KEY, "the header", HEADER, "the session's key", OWN));
  private static final String LOOK =
      "env | grep -E '^(ANTHROPIC|ASH_MODEL)_|^x-gateway'; cat /proc/*/cmdline | tr '\\0' '\\n'"
          + " | grep '[c]anary-'; true";

  @Test
  void programsHaveItAndTheAgentStillCallsThroughTheNode() throws IOException {
    try (var model = ScriptedModel.start(0);
        var node = StartedNode.start(environment(model, "env"))) {
      assertThat(node.output()).contains("EVERY COMMAND IN A SANDBOX CAN READ");
      node.client().post("/api/agents", "{\"name\":\"a\",\"systemPrompt\":\"# a\"}").expect(201);
      var session = node.client().createSession("a");
      var frames = new ArrayList<String>();
      node.client().say(session, "hello").forEach(f -> frames.add(f.data()));
      node.client()
          .say(
              session,
              "SCN:[{\"tool\":\"Bash\",\"input\":{\"command\":"
                  + "\"printenv ANTHROPIC_API_KEY | sha256sum > key.sum\"}},\"done\"]")
          .forEach(f -> frames.add(f.data()));

      // The socket's calls: metered, with the credential shown by the node.
      assertThat(model.calls().getLast().header("x-api-key")).contains(KEY);
      assertThat(model.calls().getLast().header("x-gateway")).contains(HEADER);
      assertThat(node.client().get("/api/sessions/" + session + "/model-calls").expect(200).text())
          .contains("\"state\":\"done\"");
      var seen = node.client().exec(session, LOOK).get("stdout").asText();
      assertThat(seen)
          .contains(
              "ANTHROPIC_API_KEY=" + KEY + "\n",
              "ANTHROPIC_BASE_URL=http://model.ash.internal\n",
              "ANTHROPIC_CUSTOM_HEADERS=x-gateway: " + HEADER + "\n",
              "ASH_MODEL_BASE_URL=" + model.url() + "\n")
          .doesNotContain("held-by-the-node");
      // The only lines with a canary are those of the environment: none is of a command line.
      assertThat(seen.lines().filter(line -> line.contains("canary-"))).hasSize(2);
      assertThat(
              node.client()
                  .exec(
                      session,
                      "printf '%s\\n' " + "\"$ANTHROPIC_API_KEY\" | sha256sum | diff - key.sum")
                  .get("exitCode")
                  .asInt())
          .as("what a tool of the agent saw")
          .isZero();

      for (var process : node.descendants()) {
        process.info().commandLine().ifPresent(line -> CANARIES.assertNotIn("a command", line));
      }
      CANARIES.assertNotIn("frames", String.join("\n", frames));
      for (var path : List.of("events", "messages", "logs")) {
        CANARIES.assertNotIn(
            path, node.client().get("/api/sessions/" + session + "/" + path).expect(200).text());
      }
    }
  }

  @Test
  void aSessionsOwnKeyStandsInThePlaceOfTheNodes() throws IOException {
    try (var model = ScriptedModel.start(0);
        var node = StartedNode.start(environment(model, "env"))) {
      node.client().post("/api/agents", "{\"name\":\"a\",\"systemPrompt\":\"# a\"}").expect(201);
      var id =
          node.client()
              .post("/api/credentials", "{\"type\":\"anthropic\",\"key\":\"" + OWN + "\"}")
              .expect(201)
              .json()
              .at("/credential/id")
              .asText();
      var session =
          node.client()
              .post("/api/sessions", "{\"agent\":\"a\",\"credentialId\":\"" + id + "\"}")
              .expect(201)
              .json()
              .at("/session/id")
              .asText();

      assertThat(node.client().exec(session, LOOK).get("stdout").asText())
          .contains("ANTHROPIC_API_KEY=" + OWN + "\n")
          .doesNotContain(KEY);
    }
  }

  @Test
  void byDefaultProgramsHaveNothing() throws IOException {
    try (var model = ScriptedModel.start(0);
        var node = StartedNode.start(environment(model, "proxy"))) {
      node.client().post("/api/agents", "{\"name\":\"a\",\"systemPrompt\":\"# a\"}").expect(201);
      var session = node.client().createSession("a");
      node.client().say(session, "hello");

      assertThat(node.client().exec(session, LOOK).get("stdout").asText())
          .doesNotContain("canary-", "ANTHROPIC_API_KEY", "ASH_MODEL_BASE_URL");
      assertThat(node.output()).doesNotContain("EVERY COMMAND");
    }
  }

  private static Map<String, String> environment(ScriptedModel model, String credentials) {
    var env = new TreeMap<>(RealAgent.environment(model, Map.of()));
    env.put("ASH_SANDBOX_CREDENTIALS", credentials);
    env.put("ASH_CREDENTIAL_KEY", "master-of-this-test-71");
    env.put("ANTHROPIC_API_KEY", KEY);
    env.put("ANTHROPIC_CUSTOM_HEADERS", "x-gateway: " + HEADER);
    return env;
  }
}
