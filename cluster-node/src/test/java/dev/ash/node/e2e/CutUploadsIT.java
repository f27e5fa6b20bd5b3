package dev.ash.node.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Uploads whose client leaves in the middle of the body. */
@ExtendWith(SharedNode.class)
final class CutUploadsIT {
  private static final String TEXT = "half an upload. ".repeat(100_000);

  private final StrictClient client;
  private final StartedNode node;
  private final String key;
  private final String id;

  CutUploadsIT(SharedNode.Guest guest) {
    this.client = guest.client();
    this.node = guest.node();
    this.key =
        client.post("/api/api-keys", "{\"label\":\"cut\"}").expect(201).json().get("key").asText();
    this.id = client.createSession(AgentFolders.plain(client, "cut"));
    client.exec(id, "true");
  }

  /** How the body is announced. */
  enum Framing {
    LENGTH,
    CHUNKS
  }

  @ParameterizedTest
  @EnumSource(Framing.class)
  void filesOfASessionThatDidNotComeWholeAreNotThere(Framing framing) throws IOException {
    var files = "/api/sessions/" + id + "/files";
    var before = client.get(files).expect(200).text();
    var body = AgentFolders.upload("x", Map.of("first.txt", "whole", "second.txt", TEXT));

    cut("POST", files, body.toString(), framing);

    assertThat(client.get(files).expect(200).text()).isEqualTo(before);
    client.post(files, body.toString()).expect(200);
    assertThat(client.get(files + "/second.txt").expect(200).text()).isEqualTo(TEXT);
  }

  @ParameterizedTest
  @EnumSource(Framing.class)
  void anAttachmentThatDidNotComeWholeIsNotThere(Framing framing) throws IOException {
    var url = "/api/sessions/" + id + "/attachments";
    var body =
        StrictClient.object()
            .put("filename", "a.txt")
            .put("content", AgentFolders.base64(TEXT))
            .toString();

    cut("POST", url, body, framing);

    assertThat(client.get(url).expect(200).text()).isEqualTo("{\"attachments\":[]}");
    assertThat(client.exec(id, "ls").get("stdout").asText()).doesNotContain("attachments");
    var whole = client.post(url, body).expect(201).json().at("/attachment/id").asText();
    assertThat(client.get("/api/attachments/" + whole).expect(200).text()).isEqualTo(TEXT);
  }

  @ParameterizedTest
  @EnumSource(Framing.class)
  void anAgentThatDidNotComeWholeIsNotDeployed(Framing framing) throws IOException {
    var fresh = "fresh-" + framing;
    var old = client.get("/api/agents/cut").expect(200).text();

    cut("POST", "/api/agents", AgentFolders.upload(fresh, files()).toString(), framing);
    cut("POST", "/api/agents", AgentFolders.upload("cut", files()).toString(), framing);
    cut("POST", "/api/agents/cut/files", AgentFolders.upload("cut", files()).toString(), framing);

    client.get("/api/agents/" + fresh).expect(404);
    assertThat(client.get("/api/agents/cut").expect(200).text()).isEqualTo(old);
    client.get("/api/agents/cut/files/b.txt").expect(404);
    client.post("/api/agents", AgentFolders.upload(fresh, files()).toString()).expect(201);
    client.get("/api/agents/" + fresh + "/files/b.txt?format=raw").expect(200);
  }

  @Test
  void theRoomThatWasKeptForThemIsFreeAgain() throws IOException {
    var files = "/api/sessions/" + id + "/files";
    var announced = 100 << 20;
    for (var i = 0; i < 20; i++) {
      try (var socket = open()) {
        write(socket, head("POST", files) + "Content-Length: " + announced + "\r\n\r\n{");
        socket.shutdownOutput();
        socket.getInputStream().readAllBytes();
      }
    }

    client.post(files, AgentFolders.upload("x", files()).toString()).expect(200);
  }

  private static Map<String, String> files() {
    return Map.of("a.txt", "whole", "b.txt", TEXT);
  }

  /**
   * Sends a little more than half of the body, three times: the client closes, it resets the
   * connection, or it only stops sending and stays until the node has put an end to it.
   */
  private void cut(String method, String path, String body, Framing framing) throws IOException {
    send(method, path, body, framing).close();
    try (var socket = send(method, path, body, framing)) {
      socket.setSoLinger(true, 0);
    }
    try (var socket = send(method, path, body, framing)) {
      socket.shutdownOutput();
      var answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
      assertThat(answer).as(path).doesNotContain("HTTP/1.1 2").doesNotContain("HTTP/1.1 5");
    }
    assertThat(client.get("/health").expect(200).text()).contains("ok");
    assertThat(node.output().lines())
        .noneMatch(line -> line.contains("fault ") && line.contains(path));
  }

  private Socket send(String method, String path, String body, Framing framing) throws IOException {
    var bytes = body.getBytes(StandardCharsets.UTF_8);
    var half = bytes.length / 2 + 1;
    var length =
        switch (framing) {
          case LENGTH -> "Content-Length: " + bytes.length + "\r\n\r\n";
          case CHUNKS -> "Transfer-Encoding: chunked\r\n\r\n" + Integer.toHexString(half) + "\r\n";
        };
    var socket = open();
    write(socket, head(method, path) + length);
    socket.getOutputStream().write(bytes, 0, half);
    if (framing == Framing.CHUNKS) {
      write(socket, "\r\n");
    }
    return socket;
  }

  private Socket open() throws IOException {
    var at = URI.create(node.url());
    var socket = new Socket(at.getHost(), at.getPort());
    socket.setSoTimeout(30_000);
    return socket;
  }

  private String head(String method, String path) {
    return method
        + " "
        + path
        + " HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAuthorization: Bearer "
        + key
        + "\r\n";
  }

  private static void write(Socket socket, String text) throws IOException {
    socket.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
    socket.getOutputStream().flush();
  }
}
