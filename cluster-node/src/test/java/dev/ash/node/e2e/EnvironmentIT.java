package dev.ash.node.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** What a sandbox knows of the world: what its owner gave it, and nothing of the node's own. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class EnvironmentIT {
  private static final String CANARY = "canary-4f1d";

  private StartedNode node;
  private StrictClient client;

  @BeforeAll
  void start() throws IOException {
    node =
        StartedNode.start(
            Map.of(
                "ANTHROPIC_API_KEY", CANARY + "-key",
                "ANTHROPIC_AUTH_TOKEN", CANARY + "-token",
                "ANTHROPIC_CUSTOM_HEADERS", "X-Secret: " + CANARY + "-header",
                "ASH_INTERNAL_SECRET", CANARY + "-secret",
                "ASH_CREDENTIAL_KEY", CANARY + "-credential",
                "AWS_SECRET_ACCESS_KEY", CANARY + "-aws",
                "SOME_VARIABLE", CANARY));
    client = node.client();
  }

  @AfterAll
  void end() throws IOException {
    node.close();
  }

  @Test
  void nothingOfTheNodesEnvironmentIsInside() {
    var id = client.createSession(AgentFolders.plain(client, "bare"));
    client.say(id, "hello");

    var seen = client.exec(id, "env; cat /proc/*/environ /proc/*/cmdline | tr '\\0' '\\n'");
    assertThat(seen.get("stdout").asText()).contains("ASH_SESSION_ID=" + id);
    assertThat(seen.toString()).doesNotContain(CANARY).doesNotContain(node.key());
    var files = client.exec(id, "grep -rIl " + CANARY + " /home /run /tmp /workspace /etc /opt");
    assertThat(files.get("stdout").asText()).isEmpty();
  }

  @Test
  void agentAndSessionSetVariablesAndTheSessionWins() {
    var upload = AgentFolders.upload("given", Map.of());
    upload.putObject("env").put("FROM_AGENT", "1").put("BOTH", "agent");
    assertThat(client.post("/api/agents", upload.toString()).expect(201).text())
        .contains("\"env\":{\"BOTH\":\"***\",\"FROM_AGENT\":\"***\"}");
    var request = StrictClient.object().put("agent", "given");
    request.putObject("extraEnv").put("FROM_SESSION", "2").put("BOTH", "session");
    var id = client.createSession(request);

    assertThat(client.exec(id, "echo $FROM_AGENT $FROM_SESSION $BOTH").get("stdout").asText())
        .isEqualTo("1 2 session\n");
    client.post("/api/sessions/" + id + "/stop").expect(200);
    client.post("/api/sessions/" + id + "/resume").expect(200);
    assertThat(client.exec(id, "echo $FROM_AGENT $FROM_SESSION $BOTH").get("stdout").asText())
        .isEqualTo("1 2 session\n");
  }

  @Test
  void theFoldersScriptsRunInside() {
    var scripts =
        Map.of(
            "install.sh", "#!/bin/sh\nid -u > install.uid; hostname > install.host; echo $BOTH\n",
            "startup.sh", "#!/bin/sh\nls / > startup.root; cat install.uid > startup.saw\n");
    client.post("/api/agents", AgentFolders.upload("scripts", scripts).toString()).expect(201);
    var id = client.createSession("scripts");

    assertThat(client.exec(id, "cat install.uid install.host startup.saw").get("stdout").asText())
        .isEqualTo("1000\nsandbox\n1000\n");
    assertThat(client.exec(id, "cat startup.root").get("stdout").asText())
        .contains("workspace")
        .doesNotContain("root\n");
  }

  @Test
  void aFailingScriptIsToldInTheReply() {
    var scripts = Map.of("install.sh", "#!/bin/sh\necho no such package >&2; exit 7\n");
    client.post("/api/agents", AgentFolders.upload("broken", scripts).toString()).expect(201);
    var id = client.createSession("broken");

    var frames = client.say(id, "hello");

    assertThat(frames.getLast().event()).isEqualTo("done");
    assertThat(frames)
        .anyMatch(
            frame ->
                frame.event().equals("error")
                    && frame
                        .data()
                        .contains(
                            "install.sh failed for sandbox "
                                + id.substring(0, 8)
                                + ": exit code 7: no such package"));
  }
}
