package dev.ash.scriptedmodel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(20)
final class ScriptedModelTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final HttpClient http = HttpClient.newHttpClient();
  private ScriptedModel model;

  @BeforeEach
  void start() throws IOException {
    model = ScriptedModel.start(0);
  }

  @AfterEach
  void stop() {
    model.close();
    http.close();
  }

  @Test
  void streamsTheEventsOfTheMessagesApi() throws Exception {
    var events =
        stream(
            user(
                """
                SCN:[{"think":"let me see","text":"a text of more than one chunk","tool":"Bash",
                "input":{"command":"ls"},"usage":{"input_tokens":7,"output_tokens":9}}]"""));

    assertThat(types(events))
        .startsWith("message_start", "content_block_start", "ping", "content_block_delta")
        .endsWith("content_block_stop", "message_delta", "message_stop");
    assertThat(texts(events)).isEqualTo("a text of more than one chunk");
    assertThat(events.getFirst().at("/message/usage/output_tokens").asInt()).isEqualTo(1);
    var end = events.get(events.size() - 2);
    assertThat(end.at("/delta/stop_reason").asText()).isEqualTo("tool_use");
    assertThat(end.at("/usage/input_tokens").asInt()).isEqualTo(7);
    assertThat(end.at("/usage/output_tokens").asInt()).isEqualTo(9);
    var input = new StringBuilder();
    events.forEach(e -> input.append(e.at("/delta/partial_json").asText()));
    assertThat(JSON.readTree(input.toString()).path("command").asText()).isEqualTo("ls");
    await().until(() -> model.tokens("m").equals(new ScriptedModel.Tokens(7, 9)));
  }

  @Test
  void answersWholeWhenNoStreamIsAskedFor() throws Exception {
    var answer =
        whole(user("SCN:[{\"text\":\"hi\",\"tools\":[{\"tool\":\"A\"},{\"tool\":\"B\"}]}]"));

    assertThat(answer.path("type").asText()).isEqualTo("message");
    assertThat(answer.path("content")).hasSize(3);
    assertThat(answer.at("/content/0/text").asText()).isEqualTo("hi");
    assertThat(answer.at("/content/1/id")).isNotEqualTo(answer.at("/content/2/id"));
    assertThat(answer.path("stop_reason").asText()).isEqualTo("tool_use");
  }

  @Test
  void stepKAnswersTheKthCallAcrossToolResultsAndSystemMessages() throws Exception {
    var script = user("SCN:[{\"tool\":\"Bash\"},{\"tool\":\"Bash\"},{\"text\":\"third\"}]");

    var answer =
        whole(
            user("SCN:[{\"text\":\"an older script\"}]"),
            assistant("an older script"),
            script,
            message("system", "[{\"type\":\"text\",\"text\":\"# Environment\"}]"),
            assistant("first"),
            toolResult("SCN:[{\"text\":\"not a prompt\"}]", false),
            assistant("second, one block"),
            assistant("second, another block"),
            message("system", "\"mid-conversation\""),
            toolResult("ok", false));

    assertThat(answer.at("/content/0/text").asText()).isEqualTo("third");
  }

  @Test
  void theNewestScriptOfAMessageWins() throws Exception {
    var answer =
        whole(
            message(
                "user",
                "[{\"type\":\"text\",\"text\":\"SCN:[\\\"interrupted\\\"]\"},"
                    + "{\"type\":\"text\",\"text\":\"SCN:[\\\"new\\\"]\"}]"));

    assertThat(answer.at("/content/0/text").asText()).isEqualTo("new");
  }

  @Test
  void aPromptAfterAFinishedScriptGetsTheDefault() throws Exception {
    var answer = whole(user("SCN:[\"one\"]"), assistant("one"), user("and now something else"));

    assertThat(answer.at("/content/0/text").asText())
        .contains("scripted model")
        .contains("and now something else");
  }

  @Test
  void aScriptThatIsTooShortSaysSo() throws Exception {
    var answer = whole(user("SCN:[\"one\"]"), assistant("one"), toolResult("x", false));

    assertThat(answer.at("/content/0/text").asText()).isEqualTo("The script has no more steps.");
  }

  @Test
  void writesTheFileTheQuickstartAsksForAndThenTellsOfIt() throws Exception {
    var prompt = user("Write a short greeting to hello.txt, then tell me what you wrote.");

    var first = whole(prompt);
    var second = stream(prompt, assistant("I will write"), toolResult("ok", false));
    var failed = whole(prompt, assistant("I will write"), toolResult("denied", true));

    assertThat(first.at("/content/1/name").asText()).isEqualTo("Write");
    assertThat(first.at("/content/1/input/file_path").asText()).isEqualTo("/workspace/hello.txt");
    assertThat(texts(second)).contains("greeting to hello.txt");
    assertThat(types(second)).filteredOn("content_block_delta"::equals).hasSizeGreaterThan(3);
    assertThat(failed.at("/content/0/text").asText()).contains("could not").contains("denied");
  }

  @Test
  void writesWhereTheAgentWorks() throws Exception {
    var answer =
        whole(
            user("please create notes.md"),
            message("system", "\"# Env\\n - Primary working directory: /srv/x\\n - more\""));

    assertThat(answer.at("/content/1/input/file_path").asText()).isEqualTo("/srv/x/notes.md");
  }

  @Test
  void remembersWhatItWasSent() throws Exception {
    var answer =
        whole(
            message(
                "user",
                "[{\"type\":\"text\",\"text\":\"<system-reminder>x</system-reminder>\"},"
                    + "{\"type\":\"text\",\"text\":\"my cat is Mia\"}]"),
            assistant("nice"),
            user("RECALL please"));

    assertThat(answer.at("/content/0/text").asText())
        .isEqualTo("You said before:\n- my cat is Mia");
  }

  @Test
  void failsAsOftenAsTheScriptSays() throws Exception {
    var prompt =
        user(
            "SCN:[{\"error\":{\"status\":529,\"times\":2,\"headers\":{\"retry-after\":\"1\"}},"
                + "\"text\":\"at last\"}]");

    var first = post(body(true, prompt));
    var second = post(body(true, prompt));
    var third = stream(prompt);

    assertThat(first.statusCode()).isEqualTo(529);
    assertThat(first.headers().firstValue("retry-after")).contains("1");
    assertThat(first.headers().firstValue("request-id")).isPresent();
    assertThat(JSON.readTree(first.body()).at("/error/type").asText())
        .isEqualTo("overloaded_error");
    assertThat(second.statusCode()).isEqualTo(529);
    assertThat(texts(third)).isEqualTo("at last");
  }

  @Test
  void cutsAStreamButAnswersTheFallback() throws Exception {
    var prompt = user("SCN:[{\"text\":\"a long text that is never finished\",\"cut\":4}]");

    assertThatThrownBy(() -> stream(prompt)).isInstanceOf(IOException.class);
    assertThat(whole(prompt).at("/content/0/text").asText()).contains("never finished");
  }

  @Test
  void sendsAnErrorInTheMiddleOfAStream() throws Exception {
    var events = stream(user("SCN:[{\"text\":\"a long text\",\"errorMid\":true}]"));

    assertThat(types(events)).hasSize(4).endsWith("error");
    assertThat(events.getLast().at("/error/type").asText()).isEqualTo("overloaded_error");
  }

  @Test
  void aGateHoldsEveryDeltaBack() throws Exception {
    var response = open(user("SCN:[{\"text\":\"one two three\",\"chunk\":4,\"gate\":\"g\"}]"));
    try (var lines = lines(response)) {
      for (var delta : List.of("one ", "two ", "thre", "e")) {
        model.release("g", 1);
        assertThat(nextDelta(lines)).isEqualTo(delta);
      }
    }
  }

  @Test
  void noticesThatAClientLeft() throws Exception {
    var response = open(user("SCN:[{\"text\":\"x\",\"hang\":\"ping\"}]"));
    assertThat(model.open()).isEqualTo(1);
    response.body().close();

    await().until(() -> model.open() == 0 && model.aborted() == 1);
  }

  @Test
  void closingEndsHangingAnswers() throws Exception {
    var prompt = user("SCN:[{\"hang\":true}]");
    var hanging = CompletableFuture.supplyAsync(() -> streamFails(prompt));
    await().until(() -> model.open() == 1);

    model.close();

    assertThat(hanging.join()).isTrue();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "SCN:[{\"txet\":1}]|SCN[0].txet: unknown (expected: chunk, ",
        "SCN:[{\"text\":1}]|SCN[0].text: 1 (expected: a text)",
        "SCN:[{\"error\":200}]|SCN[0].error: 200 (expected: a status",
        "SCN:[{\"hang\":3}]|SCN[0].hang: 3 (expected:",
        "SCN:[{\"cut\":-1}]|SCN[0].cut: -1 (expected: a number from 0",
        "SCN:[7]|SCN[0]: 7 (expected: an object or a text)",
        "SCN:[{\"tools\":[1]}]|SCN[0].tools[0]: 1 (expected: {tool, input})",
        "SCN:[{|expected: a JSON array of steps"
      })
  void saysWhatIsWrongWithAScript(String prompt, String said) throws Exception {
    var response = post(body(true, user(prompt)));

    assertThat(response.statusCode()).isEqualTo(400);
    assertThat(JSON.readTree(response.body()).at("/error/message").asText()).contains(said);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "{", "[]", "{\"model\":\"m\"}", "{\"model\":\"m\",\"messages\":[]}"})
  void refusesWhatIsNoRequest(String body) throws Exception {
    var response = post(body);

    assertThat(response.statusCode()).isEqualTo(400);
    assertThat(JSON.readTree(response.body()).at("/error/type").asText())
        .isEqualTo("invalid_request_error");
  }

  @Test
  void servesTheSmallEndpoints() throws Exception {
    var count =
        http.send(
            request("/v1/messages/count_tokens?beta=true")
                .POST(BodyPublishers.ofString(body(false, user("12345678"))))
                .build(),
            BodyHandlers.ofString());

    assertThat(JSON.readTree(count.body()).path("input_tokens").asInt()).isPositive();
    assertThat(status(request("/v1/models/claude-opus-5-5").build())).isEqualTo(200);
    assertThat(status(request("/api/hello").HEAD().build())).isEqualTo(200);
    assertThat(status(request("/").HEAD().build())).isEqualTo(200);
    assertThat(status(request("/v1/nothing").build())).isEqualTo(404);
    assertThat(status(request("/v1/messages").build())).isEqualTo(405);
    assertThat(model.requests()).isEqualTo(6);
  }

  @Test
  void splitsNoCharacterInTwo() {
    assertThat(Message.pieces("abc😀def", 4)).containsExactly("abc😀", "def");
  }

  @Test
  void readsItsCommandLine() {
    assertThat(Main.options("--port", "80", "--pace-ms", "0").orElseThrow().port()).isEqualTo(80);
    assertThat(Main.options("--port")).isEmpty();
    assertThat(Main.options("--port", "x")).isEmpty();
    assertThat(Main.options("--port", "70000")).isEmpty();
    assertThat(Main.options("--what", "1")).isEmpty();
  }

  private static String user(String text) throws IOException {
    return message("user", JSON.writeValueAsString(text));
  }

  private static String assistant(String text) throws IOException {
    return message("assistant", JSON.writeValueAsString(text));
  }

  private static String toolResult(String text, boolean error) throws IOException {
    return message(
        "user",
        "[{\"type\":\"tool_result\",\"tool_use_id\":\"t\",\"is_error\":%s,\"content\":%s}]"
            .formatted(error, JSON.writeValueAsString(text)));
  }

  private static String message(String role, String content) {
    return "{\"role\":\"" + role + "\",\"content\":" + content + "}";
  }

  private static String body(boolean stream, String... messages) {
    return "{\"model\":\"m\",\"max_tokens\":10,\"stream\":"
        + stream
        + ",\"tools\":[{\"name\":\"Write\"}],\"messages\":["
        + String.join(",", messages)
        + "]}";
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create(model.url() + path));
  }

  private int status(HttpRequest request) throws Exception {
    return http.send(request, BodyHandlers.discarding()).statusCode();
  }

  private HttpResponse<String> post(String body) throws Exception {
    return http.send(
        request("/v1/messages?beta=true").POST(BodyPublishers.ofString(body)).build(),
        BodyHandlers.ofString());
  }

  private ObjectNode whole(String... messages) throws Exception {
    var response = post(body(false, messages));
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    return (ObjectNode) JSON.readTree(response.body());
  }

  private HttpResponse<InputStream> open(String... messages) throws Exception {
    return http.send(
        request("/v1/messages").POST(BodyPublishers.ofString(body(true, messages))).build(),
        BodyHandlers.ofInputStream());
  }

  private static BufferedReader lines(HttpResponse<InputStream> response) {
    return new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8));
  }

  private static String nextDelta(BufferedReader lines) throws IOException {
    while (true) {
      var line = lines.readLine();
      if (line.startsWith("data: ") && line.contains("text_delta")) {
        return JSON.readTree(line.substring(6)).at("/delta/text").asText();
      }
    }
  }

  private boolean streamFails(String... messages) {
    try {
      stream(messages);
      return false;
    } catch (Exception e) {
      return true;
    }
  }

  private List<JsonNode> stream(String... messages) throws Exception {
    var response = post(body(true, messages));
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    var events = new ArrayList<JsonNode>();
    for (var frame : response.body().split("\n\n", -1)) {
      if (frame.isEmpty()) {
        continue;
      }
      var lines = frame.split("\n", -1);
      assertThat(lines).hasSize(2);
      var data = JSON.readTree(lines[1].substring("data: ".length()));
      assertThat(lines[0]).isEqualTo("event: " + data.path("type").asText());
      events.add(data);
    }
    return events;
  }

  private static List<String> types(List<JsonNode> events) {
    return events.stream().map(e -> e.path("type").asText()).toList();
  }

  private static String texts(List<JsonNode> events) {
    var text = new StringBuilder();
    events.forEach(e -> text.append(e.at("/delta/text").asText()));
    return text.toString();
  }
}
