package dev.ash.node.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.ash.node.e2e.EventStream.Frame;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** A session's life from deploy to end, as a client with nothing but the contract lives it. */
@ExtendWith(SharedNode.class)
final class WholeFlowIT {
  private final StrictClient client;

  WholeFlowIT(StrictClient client) {
    this.client = client;
  }

  @Test
  void aFolderOfTheServerBecomesASessionThatLivesItsWholeLife(@TempDir Path temp)
      throws IOException {
    var folder =
        AgentFolders.folder(temp.resolve("agent"), Map.of("notes/a.txt", "from the folder"));
    assertThat(client.deploy("by-path", folder.toString()).get("version").asInt()).isEqualTo(1);

    live("by-path", "from the folder");
  }

  @Test
  void uploadedFilesBecomeASessionThatLivesItsWholeLife() {
    var upload = AgentFolders.upload("by-upload", Map.of("notes/a.txt", "from the upload"));
    client.post("/api/agents", upload.toString()).expect(201);

    live("by-upload", "from the upload");
  }

  private void live(String agent, String note) {
    var id = client.createSession(agent);
    assertThat(session(id).get("status").asText()).isEqualTo("active");

    var first = client.say(id, "hello");
    assertThat(events(first))
        .containsExactly("session_start", "message", "turn_complete", "message", "done");
    var partial =
        client
            .send(id, StrictClient.object().put("content", "x").put("includePartialMessages", true))
            .rest();
    assertThat(events(partial)).startsWith("session_start").endsWith("done").contains("text_delta");
    client.say(
        id, "MOCK:{\"text\":\"ok\",\"write\":{\"path\":\"made/b.txt\",\"text\":\"by the agent\"}}");

    assertThat(paths(client.get(files(id)).expect(200).json()))
        .contains("CLAUDE.md", "made/b.txt", "notes/a.txt");
    assertThat(client.get(files(id) + "/notes/a.txt").expect(200).text()).isEqualTo(note);
    assertThat(client.get(files(id) + "/made/b.txt").header("x-ash-source")).isEqualTo("sandbox");

    var ran = client.exec(id, "cat made/b.txt; echo oops >&2; exit 3");
    assertThat(ran.toString())
        .isEqualTo("{\"exitCode\":3,\"stdout\":\"by the agent\",\"stderr\":\"oops\\n\"}");

    assertThat(status(client.post(session(id, "pause")))).isEqualTo("paused");
    assertThat(client.post(session(id, "messages"), "{\"content\":\"x\"}").expect(400).text())
        .isEqualTo("{\"error\":\"Session is paused\",\"statusCode\":400}");
    assertThat(status(client.post(session(id, "resume"), "{}"))).isEqualTo("active");
    assertThat(events(client.say(id, "again"))).endsWith("done");

    forkHasFilesAndHistoryOfItsOwn(id);
    interruptEndsATurn(id);

    assertThat(status(client.delete("/api/sessions/" + id))).isEqualTo("ended");
    assertThat(client.post(session(id, "messages"), "{\"content\":\"x\"}").expect(400).text())
        .isEqualTo("{\"error\":\"Session is ended\",\"statusCode\":400}");
    assertThat(client.post(session(id, "resume")).expect(410).text())
        .isEqualTo("{\"error\":\"Session has ended — create a new session\",\"statusCode\":410}");
    assertThat(client.get(files(id) + "/made/b.txt").expect(200).text()).isEqualTo("by the agent");
  }

  private void forkHasFilesAndHistoryOfItsOwn(String id) {
    var fork = client.post(session(id, "fork")).expect(201).json().get("session");
    var child = fork.get("id").asText();
    assertThat(fork.get("status").asText()).isEqualTo("paused");
    assertThat(fork.get("parentSessionId").asText()).isEqualTo(id);
    assertThat(client.get(files(child) + "/made/b.txt").expect(200).text())
        .isEqualTo("by the agent");
    client.post(session(child, "resume")).expect(200);
    client.say(child, "MOCK:{\"text\":\"c\",\"write\":{\"path\":\"child.txt\",\"text\":\"c\"}}");
    assertThat(client.get(files(id) + "/child.txt").status()).isEqualTo(404);
    var inherited = client.get(session(id, "messages")).json().get("messages").size();
    assertThat(client.get(session(child, "messages")).json().get("messages").size())
        .isGreaterThan(inherited);
  }

  private void interruptEndsATurn(String id) {
    try (var turn = client.send(id, "MOCK:{\"hang\":true,\"text\":\"never done\"}")) {
      turn.upTo("message");
      client.post(session(id, "interrupt")).expect(200);
      var rest = turn.rest();
      assertThat(rest.getLast().event()).isEqualTo("done");
      assertThat(rest).anyMatch(frame -> frame.data().contains("error_during_execution"));
    }
    assertThat(session(id).get("status").asText()).isEqualTo("active");
  }

  private JsonNode session(String id) {
    return client.get("/api/sessions/" + id).expect(200).json().get("session");
  }

  private static String session(String id, String what) {
    return "/api/sessions/" + id + "/" + what;
  }

  private static String files(String id) {
    return session(id, "files");
  }

  private static String status(StrictClient.Answer answer) {
    return answer.expect(200).json().get("session").get("status").asText();
  }

  private static List<String> events(List<Frame> frames) {
    return frames.stream().map(Frame::event).toList();
  }

  private static List<String> paths(JsonNode listing) {
    return listing.get("files").findValuesAsText("path");
  }
}
