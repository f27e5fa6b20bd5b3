package dev.ash.node.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.ash.mcp.Main;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** The MCP server against a node: a call waits behind somebody else's turn in one session. */
@ExtendWith(SharedNode.class)
@Timeout(120)
final class McpCancellationIT {
  private static final String WITHDRAWN = "{\"error\":\"Turn was withdrawn before it began\"}";

  private final StartedNode node;
  private final StrictClient client;
  private @TempDir Path home = Path.of("");

  McpCancellationIT(StartedNode node) {
    this.node = node;
    this.client = node.client();
  }

  @Test
  void aCancelledCallThatWaitsIsWithdrawnAndTheTurnThatRunsIsAnsweredInFull() throws Exception {
    var id = client.createSession(AgentFolders.plain(client, "mcp"));
    try (var running = client.send(id, "MOCK:{\"text\":\"whole answer\",\"await\":\"go\"}");
        var session = client.follow(id, "");
        var mcp = McpServer.start(node, home)) {
      session.upTo("session_start");
      mcp.call(7, "send_message", Map.of("sessionId", id, "content", "not any more"));
      session.upTo("session_start");

      mcp.cancel(7);
      assertThat(session.upTo("done"))
          .extracting(EventStream.Frame::event, EventStream.Frame::data)
          .startsWith(tuple("error", WITHDRAWN))
          .hasSize(2);
      mcp.call(8, "health", Map.of());
      assertThat(mcp.answer()).as("the cancelled call has none").contains("\"id\":8");
      client.exec(id, "touch go");

      var answer = running.rest();
      assertThat(answer)
          .extracting(EventStream.Frame::event)
          .containsExactly("session_start", "message", "turn_complete", "message", "done");
      assertThat(answer.get(1).data()).contains("whole answer");
    }
    client.say(id, "next");
    try (var all = client.follow(id, "")) {
      var done = new int[1];
      assertThat(all.upTo(frame -> frame.event().equals("done") && ++done[0] == 3))
          .as("of the message that waited, nothing")
          .extracting(EventStream.Frame::event)
          .containsExactly(
              "session_start",
              "session_start",
              "error",
              "done",
              "message",
              "turn_complete",
              "message",
              "done",
              "session_start",
              "message",
              "done");
    }
  }

  @Test
  void aCancelledCallWhoseTurnRunsEndsThatTurn() throws Exception {
    var id = client.createSession(AgentFolders.plain(client, "mcp"));
    try (var session = client.follow(id, "");
        var mcp = McpServer.start(node, home)) {
      mcp.call(7, "send_message", Map.of("sessionId", id, "content", "MOCK:{\"hang\":true}"));
      session.upTo("message");

      mcp.cancel(7);

      assertThat(session.upTo("done"))
          .anyMatch(frame -> frame.data().contains("error_during_execution"));
    }
  }

  /** {@code ./ash mcp} in a process of its own, over standard input and output. */
  private record McpServer(Process process, Writer in, BufferedReader out)
      implements AutoCloseable {
    static McpServer start(StartedNode node, Path home) throws IOException {
      var java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
      var classPath = System.getProperty("java.class.path");
      var builder =
          new ProcessBuilder(List.of(java, "-cp", classPath, Main.class.getName()))
              .redirectError(ProcessBuilder.Redirect.DISCARD);
      builder.environment().put("ASH_SERVER_URL", node.url());
      builder.environment().put("ASH_API_KEY", node.key());
      builder.environment().put("ASH_HOME", home.toString());
      var process = builder.start();
      var server =
          new McpServer(
              process,
              process.outputWriter(StandardCharsets.UTF_8),
              process.inputReader(StandardCharsets.UTF_8));
      server.say(
          "\"id\":0,\"method\":\"initialize\",\"params\":{\"protocolVersion\":\"2025-06-18\","
              + "\"capabilities\":{},\"clientInfo\":{\"name\":\"x\",\"version\":\"1\"}}");
      assertThat(server.answer()).contains("\"id\":0");
      server.say("\"method\":\"notifications/initialized\"");
      return server;
    }

    void call(int id, String tool, Map<String, String> arguments) throws IOException {
      var given = StrictClient.object();
      arguments.forEach(given::put);
      say(
          "\"id\":%d,\"method\":\"tools/call\",\"params\":{\"name\":\"%s\",\"arguments\":%s}"
              .formatted(id, tool, given));
    }

    void cancel(int id) throws IOException {
      say("\"method\":\"notifications/cancelled\",\"params\":{\"requestId\":%d}".formatted(id));
    }

    String answer() throws IOException {
      return String.valueOf(out.readLine());
    }

    private void say(String message) throws IOException {
      in.write("{\"jsonrpc\":\"2.0\"," + message + "}\n");
      in.flush();
    }

    @Override
    public void close() {
      process.destroyForcibly().onExit().join();
    }
  }
}
