package dev.ash.node.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Agents, rows A1 to A11 of the contract. */
@ExtendWith(SharedNode.class)
final class AgentsIT {
  private final SharedNode.Guest guest;
  private final StrictClient client;

  AgentsIT(SharedNode.Guest guest) {
    this.guest = guest;
    this.client = guest.client();
  }

  @Test
  void anAgentIsDeployedChangedAndDeleted() {
    var upload = AgentFolders.upload("whole", Map.of("a.txt", "1")).put("systemPrompt", "# mine");
    upload.putObject("env").put("SECRET", "x");
    var made = client.post("/api/agents", upload.toString()).expect(201).json().get("agent");
    assertThat(made.get("env").toString()).isEqualTo("{\"SECRET\":\"***\"}");
    assertThat(made.get("tenantId").asText()).isEqualTo("AgentsIT");
    assertThat(client.get("/api/agents/whole").expect(200).json().get("agent")).isEqualTo(made);
    assertThat(client.get("/api/agents/whole/files/CLAUDE.md").expect(200).text())
        .isEqualTo("{\"path\":\"CLAUDE.md\",\"content\":\"# mine\",\"size\":6}");

    var again = AgentFolders.upload("whole", Map.of("b.txt", "2"));
    var second = client.post("/api/agents", again.toString()).expect(201).json().get("agent");
    assertThat(second.get("version").asInt()).isEqualTo(2);
    assertThat(second.get("id")).isEqualTo(made.get("id"));
    assertThat(second.get("env").toString()).isEqualTo("{\"SECRET\":\"***\"}");
    assertThat(client.get("/api/agents/whole/files").json().get("files").findValuesAsText("path"))
        .contains("CLAUDE.md", "a.txt", "b.txt");

    assertThat(client.patch("/api/agents/whole", "{\"env\":{}}").expect(200).text())
        .doesNotContain("SECRET");
    client.patch("/api/agents/whole/config", "{\"a\":1,\"b\":2}").expect(200);
    assertThat(client.patch("/api/agents/whole/config", "{\"b\":3}").expect(200).text())
        .isEqualTo("{\"config\":{\"a\":1,\"b\":3}}");
    assertThat(client.get("/api/agents/whole/config").expect(200).text())
        .isEqualTo("{\"config\":{\"a\":1,\"b\":3}}");

    var id = client.createSession("whole");
    assertThat(client.delete("/api/agents/whole").expect(200).text()).isEqualTo("{\"ok\":true}");
    assertThat(client.get("/api/agents/whole").expect(404).text())
        .isEqualTo("{\"error\":\"Agent not found\",\"statusCode\":404}");
    client.get("/api/sessions/" + id).expect(404);
    client.delete("/api/agents/whole").expect(404);
  }

  @Test
  void filesOfAnAgentAreWrittenReadAndDeleted() {
    AgentFolders.plain(client, "folder");
    var files = "/api/agents/folder/files";

    var some = AgentFolders.upload("x", Map.of("docs/a.md", "# a", "b.json", "{}"));
    assertThat(client.post(files, some.toString()).expect(200).text()).isEqualTo("{\"written\":2}");
    var raw = client.get(files + "/docs/a.md?format=raw").expect(200);
    assertThat(raw.text()).isEqualTo("# a");
    assertThat(raw.header("content-type")).isEqualTo("text/markdown");
    assertThat(client.delete(files + "/docs/a.md").expect(200).text())
        .isEqualTo("{\"deleted\":true}");
    assertThat(client.get(files + "/docs/a.md").expect(404).text()).contains("File not found");
    assertThat(client.get(files + "/").expect(400).text()).contains("File path required");
    for (var path : List.of("%2e%2e/x", "..%2fx", "%2Fetc%2Fpasswd", "a/%2e%2e/%2e%2e/x")) {
      assertThat(client.get(files + "/" + path).status()).as(path).isIn(400, 404);
      assertThat(client.delete(files + "/" + path).status()).as(path).isIn(400, 404);
    }
    var escaping = AgentFolders.upload("x", Map.of("../evil", "x"));
    assertThat(client.post(files, escaping.toString()).expect(400).text())
        .isEqualTo(
            "{\"error\":\"Path \\\"../evil\\\" escapes agent directory\",\"statusCode\":400}");
  }

  @Test
  void aFolderThatReachesOutsideOfItselfIsRefused(@TempDir Path temp) throws IOException {
    var folder = AgentFolders.folder(temp.resolve("agent"), Map.of());
    Files.createSymbolicLink(folder.resolve("out"), Path.of("/etc/passwd"));
    refused(folder.toString());
    refused(guest.node().dataDir().toString());
    refused(guest.node().dataDir().resolve("blobs").toString());
    refused("../../etc");
    refused("/etc");
  }

  @Test
  void badNamesAndBodiesAreRefused() {
    for (var body : List.of("{\"name\":\"bad name!\"}", "{}", "{\"name\":\"\"}", "[]")) {
      assertThat(client.post("/api/agents", body).expect(400).text())
          .as(body)
          .isEqualTo("{\"error\":\"Bad Request\",\"statusCode\":400}");
    }
    assertThat(client.post("/api/agents", "{\"name\":").expect(400).text()).contains("Bad Request");
  }

  private void refused(String path) {
    var body = StrictClient.object().put("name", "reaching").put("path", path);
    client.post("/api/agents", body.toString()).expect(400);
  }
}
