package dev.ash.node.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Base64;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Attachments (contract 2.10) of a real session. */
@ExtendWith(SharedNode.class)
final class AttachmentsIT {
  private final SharedNode.Guest guest;
  private final StrictClient client;
  private final String id;
  private final String url;

  AttachmentsIT(SharedNode.Guest guest) {
    this.guest = guest;
    this.client = guest.client();
    this.id = client.createSession(AgentFolders.plain(client, "attachments"));
    this.url = "/api/sessions/" + id + "/attachments";
  }

  @Test
  void anAttachmentReachesTheAgentAndComesBackUnchanged() {
    var bytes = new byte[3 << 20];
    new Random(3).nextBytes(bytes);
    var made = attach("../../up/data é.bin", bytes);
    assertThat(made.get("filename").asText()).isEqualTo("data é.bin");
    assertThat(made.get("size").asInt()).isEqualTo(bytes.length);
    assertThat(made.get("messageId").asText()).isEqualTo("unlinked");

    assertThat(client.exec(id, "wc -c < 'attachments/data é.bin'").get("stdout").asText().strip())
        .isEqualTo(String.valueOf(bytes.length));
    client.exec(id, "echo changed > 'attachments/data é.bin'");
    var one = "/api/attachments/" + made.get("id").asText();
    assertThat(client.get(one).expect(200).bytes()).isEqualTo(bytes);

    var listed = client.get(url).expect(200).json().get("attachments");
    assertThat(listed).hasSize(1);
    assertThat(listed.get(0)).isEqualTo(made);
    client.delete(one).expect(204);
    assertThat(client.get(one).expect(404).text())
        .isEqualTo("{\"error\":\"Attachment not found\",\"statusCode\":404}");
  }

  @Test
  void anotherTenantSeesNothingOfIt() {
    var made = attach("a.txt", new byte[] {1});
    var neighbour = guest.neighbour("b");
    var one = "/api/attachments/" + made.get("id").asText();

    neighbour.get(one).expect(404);
    neighbour.delete(one).expect(404);
    neighbour.get(url).expect(404);
    neighbour.post(url, body("x", new byte[] {1})).expect(404);
    client.get(one).expect(200);
  }

  @Test
  void itCanBeAttachedInEveryState() {
    client.post("/api/sessions/" + id + "/stop").expect(200);
    attach("stopped.txt", new byte[] {1});
    client.post("/api/sessions/" + id + "/resume").expect(200);
    assertThat(client.exec(id, "ls attachments").get("stdout").asText()).isEqualTo("stopped.txt\n");

    client.delete("/api/sessions/" + id).expect(200);
    attach("ended.txt", new byte[] {1});
    assertThat(client.get(url).expect(200).json().get("attachments").findValuesAsText("filename"))
        .containsExactly("stopped.txt", "ended.txt");
  }

  private com.fasterxml.jackson.databind.JsonNode attach(String name, byte[] bytes) {
    return client.post(url, body(name, bytes)).expect(201).json().get("attachment");
  }

  private static String body(String name, byte[] bytes) {
    return StrictClient.object()
        .put("filename", name)
        .put("content", Base64.getEncoder().encodeToString(bytes))
        .toString();
  }
}
