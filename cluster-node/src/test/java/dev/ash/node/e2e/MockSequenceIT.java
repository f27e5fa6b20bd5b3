package dev.ash.node.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The mock agent's turns, byte for byte as the contract recorded them, ids aside. */
@ExtendWith(SharedNode.class)
final class MockSequenceIT {
  private static final String START =
      """
      event: session_start
      data: {"sessionId":"$","version":"0.2.0"}

      """;
  private static final String DONE =
      """
      event: done
      data: {"sessionId":"$"}

      """;
  private static final String RESUMED =
      """
      event: message
      data: {"type":"assistant","message":{"role":"assistant","content":[{"type":"text","text":"[Resumed session]"}]},"session_id":"$"}

      """;
  private static final String RESULT =
      """
      event: turn_complete
      data: {"numTurns":1,"result":"Mock response to: hello"}

      event: message
      data: {"type":"result","subtype":"success","session_id":"$","cost_usd":0,"duration_ms":100,"duration_api_ms":50,"is_error":false,"num_turns":1,"result":"Mock response to: hello"}

      """;
  private static final String FIRST_SAID =
      """
      event: message
      data: {"type":"assistant","message":{"role":"assistant","content":[{"type":"text","text":"[Mock] Turn 1 | History: hello"}]},"session_id":"$"}

      """;

  private final StrictClient client;

  MockSequenceIT(StrictClient client) {
    this.client = client;
  }

  @Test
  void firstAndSecondTurn() {
    var id = client.createSession(AgentFolders.plain(client, "mock"));

    assertThat(turn(id, "hello", false)).isEqualTo(START + FIRST_SAID + RESULT + DONE);
    assertThat(turn(id, "again", false)).isEqualTo(START + RESUMED + DONE);
    assertThat(turn(id, "partial", true))
        .isEqualTo(START + partials("[Resum", "ed ses", "sion]") + RESUMED + DONE);
  }

  @Test
  void firstTurnWithPartials() {
    var id = client.createSession(AgentFolders.plain(client, "mock"));

    assertThat(turn(id, "hello", true))
        .isEqualTo(
            START
                + partials("[Mock] Tur", "n 1 | Hist", "ory: hello")
                + FIRST_SAID
                + RESULT
                + DONE);
  }

  @Test
  void theHeadOfAReply() {
    var id = client.createSession(AgentFolders.plain(client, "mock"));

    try (var reply = client.send(id, "hello")) {
      assertThat(reply.status()).isEqualTo(200);
      assertThat(reply.header("content-type")).isEqualTo("text/event-stream");
      assertThat(reply.header("cache-control")).isEqualTo("no-cache");
      assertThat(reply.header("transfer-encoding")).isEqualTo("chunked");
      reply.rest();
    }
  }

  @Test
  void storedMessagesAndEvents() {
    var id = client.createSession(AgentFolders.plain(client, "mock"));
    client.say(id, "hello");
    client.say(id, "again");

    assertThat(wire(id, client.get("/api/sessions/" + id + "/messages").expect(200).text()))
        .isEqualTo(
            """
            {"messages":[\
            {"id":"#","sessionId":"$","role":"user","content":"{\\"type\\":\\"user\\",\\"content\\":\\"hello\\"}","sequence":1,"createdAt":"@","tenantId":"MockSequenceIT"},\
            {"id":"#","sessionId":"$","role":"assistant","content":"{\\"type\\":\\"assistant\\",\\"message\\":{\\"role\\":\\"assistant\\",\\"content\\":[{\\"type\\":\\"text\\",\\"text\\":\\"[Mock] Turn 1 | History: hello\\"}]},\\"session_id\\":\\"$\\"}","sequence":2,"createdAt":"@","tenantId":"MockSequenceIT"},\
            {"id":"#","sessionId":"$","role":"assistant","content":"{\\"type\\":\\"result\\",\\"subtype\\":\\"success\\",\\"session_id\\":\\"$\\",\\"cost_usd\\":0,\\"duration_ms\\":100,\\"duration_api_ms\\":50,\\"is_error\\":false,\\"num_turns\\":1,\\"result\\":\\"Mock response to: hello\\"}","sequence":3,"createdAt":"@","tenantId":"MockSequenceIT"},\
            {"id":"#","sessionId":"$","role":"user","content":"{\\"type\\":\\"user\\",\\"content\\":\\"again\\"}","sequence":4,"createdAt":"@","tenantId":"MockSequenceIT"},\
            {"id":"#","sessionId":"$","role":"assistant","content":"{\\"type\\":\\"assistant\\",\\"message\\":{\\"role\\":\\"assistant\\",\\"content\\":[{\\"type\\":\\"text\\",\\"text\\":\\"[Resumed session]\\"}]},\\"session_id\\":\\"$\\"}","sequence":5,"createdAt":"@","tenantId":"MockSequenceIT"}]}\
            """);
    assertThat(wire(id, client.get("/api/sessions/" + id + "/events").expect(200).text()))
        .isEqualTo(
            """
            {"events":[\
            {"id":"#","sessionId":"$","type":"lifecycle","sequence":1,"createdAt":"@","tenantId":"MockSequenceIT","data":"{\\"action\\":\\"created\\",\\"agentName\\":\\"mock\\"}"},\
            {"id":"#","sessionId":"$","type":"text","sequence":2,"createdAt":"@","tenantId":"MockSequenceIT","data":"{\\"text\\":\\"[Mock] Turn 1 | History: hello\\"}"},\
            {"id":"#","sessionId":"$","type":"turn_complete","sequence":3,"createdAt":"@","tenantId":"MockSequenceIT","data":"{\\"numTurns\\":1,\\"result\\":\\"Mock response to: hello\\"}"},\
            {"id":"#","sessionId":"$","type":"text","sequence":4,"createdAt":"@","tenantId":"MockSequenceIT","data":"{\\"text\\":\\"[Resumed session]\\"}"}]}\
            """);
  }

  /** The stream as it came, without its id lines and with the session's id masked. */
  private String turn(String id, String content, boolean partials) {
    var message =
        StrictClient.object().put("content", content).put("includePartialMessages", partials);
    try (var stream = client.send(id, message)) {
      stream.rest();
      return stream.raw().replaceAll("(?m)^id: \\d+\\.\\d+\n", "").replace(id, "$");
    }
  }

  private static String wire(String id, String text) {
    return text.replace(id, "$")
        .replaceAll("\"id\":\"[0-9a-f-]{36}\"", "\"id\":\"#\"")
        .replaceAll("\"\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z\"", "\"@\"");
  }

  private static String partials(String... texts) {
    var frames = new StringBuilder();
    frames.append(
        streamEvent(
            "{\"type\":\"message_start\",\"message\":{\"id\":\"msg_mock\",\"type\":\"message\","
                + "\"role\":\"assistant\",\"content\":[]}}"));
    frames.append(
        streamEvent(
            "{\"type\":\"content_block_start\",\"index\":0,"
                + "\"content_block\":{\"type\":\"text\",\"text\":\"\"}}"));
    for (var text : texts) {
      frames.append("event: text_delta\ndata: {\"delta\":\"" + text + "\"}\n\n");
      frames.append(
          streamEvent(
              "{\"type\":\"content_block_delta\",\"index\":0,"
                  + "\"delta\":{\"type\":\"text_delta\",\"text\":\""
                  + text
                  + "\"}}"));
    }
    frames.append(streamEvent("{\"type\":\"content_block_stop\",\"index\":0}"));
    frames.append(
        streamEvent(
            "{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},"
                + "\"usage\":{\"output_tokens\":10}}"));
    frames.append(streamEvent("{\"type\":\"message_stop\"}"));
    return frames.toString();
  }

  private static String streamEvent(String event) {
    return "event: message\ndata: {\"type\":\"stream_event\",\"event\":"
        + event
        + ",\"session_id\":\"$\"}\n\n";
  }
}
