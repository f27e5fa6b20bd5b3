package dev.ash.node.clients;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.ash.node.api.RawHttp;
import dev.ash.node.clients.Scanner.Event;
import dev.ash.node.contract.Row;
import dev.ash.node.contract.Scene;
import dev.ash.node.e2e.StrictClient;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/** Replays each client's requests in the order in which a user of it would make them. */
final class ClientReplay {
  /** As JSON: what ends a line for Python and for nobody else, and must not end one in a stream. */
  private static final String ODD = "a\\u0085b\\u2028c\\u2029d\\u000be\\ff\\u001cg\\u001dh\\u001ei";

  private final Scene scene;

  /** At the address of a node, or of what stands before some. */
  ClientReplay(String url, String key) {
    this.scene = new Scene(url);
    scene.keep(Row.MAIN, key);
  }

  void commandLine() throws IOException {
    replay(Client.COMMAND_LINE, CommandLineRows.BEFORE);
    var events = say(Client.COMMAND_LINE, "{'content':'hello'}", Scanner.NEWLINES);
    assertThat(events).extracting(Event::type).contains("message").endsWith("done");
    replay(Client.COMMAND_LINE, CommandLineRows.AFTER);
  }

  void typeScript() throws IOException {
    replay(Client.TYPESCRIPT, TypeScriptRows.AGENTS);
    var first = say(Client.TYPESCRIPT, "{'content':'hello'}", Scanner.NEWLINES);
    assertThat(first)
        .extracting(Event::type)
        .containsExactly("session_start", "message", "turn_complete", "message", "done");
    assertThat(first.getLast().data().get("sessionId").asText()).isEqualTo(scene.kept("session"));
    var partial =
        say(
            Client.TYPESCRIPT,
            "{'content':'more','includePartialMessages':true}",
            Scanner.NEWLINES);
    assertThat(deltas(partial)).isEqualTo("[Resumed session]");
    replay(Client.TYPESCRIPT, TypeScriptRows.UPLOADS);
    replay(Client.TYPESCRIPT, TypeScriptRows.SESSIONS);
    replay(Client.TYPESCRIPT, TypeScriptRows.VERSIONS_AND_EVALS);
    replay(Client.TYPESCRIPT, TypeScriptRows.THE_REST);
  }

  void python() throws IOException {
    replay(Client.PYTHON, PythonRows.BEFORE);
    var events = say(Client.PYTHON, "{'content':'" + ODD + "'}", Scanner.PYTHON);
    assertThat(events)
        .extracting(Event::type)
        .containsExactly("session_start", "message", "turn_complete", "message", "done");
    assertThat(events.get(0).data().fieldNames()).toIterable().contains("sessionId", "version");
    assertThat(events.get(1).data().at("/message/content/0/text").asText())
        .contains(StrictClient.json("\"" + ODD + "\"").asText());
    assertThat(events.get(2).data().get("numTurns").isInt()).isTrue();
    replay(Client.PYTHON, PythonRows.AFTER);
  }

  /** The tool send_message: texts of the assistant and of the result, a line each. */
  void mcpServer() throws IOException {
    replay(Client.TYPESCRIPT, McpRows.BEFORE);
    var events = say(Client.TYPESCRIPT, "{'content':'hello'}", Scanner.NEWLINES);
    assertThat(mcpText(events))
        .isEqualTo("[Mock] Turn 1 | History: hello\nMock response to: hello");
    replay(Client.TYPESCRIPT, McpRows.AFTER);
  }

  private void replay(Client client, List<Row> rows) throws IOException {
    for (var row : rows) {
      client.headers().forEach(row::header);
      client.read(scene.walk(row));
    }
  }

  private List<Event> say(Client client, String message, Scanner scanner) throws IOException {
    var row =
        Row.row(client + " sends " + message)
            .post("/api/sessions/{session}/messages", message)
            .answers(200)
            .with("content-type", "text/event-stream");
    client.headers().forEach(row::header);
    RawHttp.Reply reply = scene.walk(row.header("Accept", "text/event-stream"));
    // Two of the published tests read each chunk by itself.
    assertThat(reply.chunks()).allMatch(chunk -> chunk.endsWith("\n\n"));
    return scanner.read(reply.body());
  }

  private static String deltas(List<Event> events) {
    return events.stream()
        .filter(event -> event.type().equals("text_delta"))
        .map(event -> event.data().get("delta").asText())
        .collect(Collectors.joining());
  }

  private static String mcpText(List<Event> events) {
    var parts = new ArrayList<String>();
    for (var event : events) {
      var data = event.data();
      if (event.type().equals("error")) {
        parts.add("Error: " + data.path("error").asText());
      } else if (event.type().equals("message")) {
        switch (data.path("type").asText()) {
          case "assistant" -> blocks(data.at("/message/content")).forEach(parts::add);
          case "result" -> parts.add(data.path("result").asText());
          default -> {}
        }
      }
    }
    return parts.isEmpty() ? "No text response" : String.join("\n", parts);
  }

  private static Stream<String> blocks(JsonNode content) {
    return StreamSupport.stream(content.spliterator(), false)
        .map(
            block ->
                block.path("type").asText().equals("tool_use")
                    ? "[Tool: " + block.path("name").asText() + "]"
                    : block.path("text").asText());
  }
}
