package dev.ash.mcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ash.client.AshClient;
import dev.ash.protocol.json.Json;
import io.modelcontextprotocol.client.McpClient;
import io.modelcontextprotocol.client.McpSyncClient;
import io.modelcontextprotocol.client.transport.HttpClientStreamableHttpTransport;
import io.modelcontextprotocol.client.transport.ServerParameters;
import io.modelcontextprotocol.client.transport.StdioClientTransport;
import io.modelcontextprotocol.json.McpJsonDefaults;
import io.modelcontextprotocol.spec.McpClientTransport;
import io.modelcontextprotocol.spec.McpSchema.CallToolRequest;
import io.modelcontextprotocol.spec.McpSchema.CallToolResult;
import io.modelcontextprotocol.spec.McpSchema.ProgressNotification;
import io.modelcontextprotocol.spec.McpSchema.TextContent;
import io.modelcontextprotocol.spec.McpSchema.Tool;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The tools as the protocol's own client sees them, over both ways to reach them. */
final class ToolsIT {
  private static final String TURN =
      """
      event: session_start
      data: {"sessionId":"s1"}

      event: message
      data: {"type":"assistant","message":{"content":[{"type":"text","text":"Let me see."},{"type":"tool_use","name":"Bash","input":{}}]}}

      event: message
      data: {"type":"user","message":{"content":[]}}

      event: message
      data: {"type":"assistant","message":{"content":[{"type":"text","text":"Two files."}]}}

      event: message
      data: {"type":"result","result":"Two files."}

      event: done
      data: {"sessionId":"s1"}

      """;

  private static final int CALLS = 200;

  enum Way {
    STDIO,
    HTTP
  }

  private final FakeAsh fake = new FakeAsh();
  private final AshClient ash = AshClient.builder(fake.url()).key("ash_test").build();
  private final List<AutoCloseable> opened = new CopyOnWriteArrayList<>();
  private final List<ProgressNotification> progress = new CopyOnWriteArrayList<>();
  private @TempDir Path home = Path.of("");

  @AfterEach
  void tearDown() throws Exception {
    for (var one : opened.reversed()) {
      one.close();
    }
    ash.close();
    fake.close();
  }

  @ParameterizedTest
  @EnumSource(Way.class)
  void hasTheTools(Way way) throws Exception {
    var client = client(way);

    assertThat(client.getServerInfo().name()).isEqualTo("ash");
    assertThat(client.listTools().tools())
        .extracting(Tool::name)
        .containsExactlyInAnyOrder(
            "list_agents",
            "create_session",
            "send_message",
            "list_sessions",
            "get_session",
            "end_session",
            "pause_session",
            "resume_session",
            "health");
    var send =
        client.listTools().tools().stream()
            .filter(tool -> tool.name().equals("send_message"))
            .findFirst()
            .orElseThrow();
    assertThat(send.inputSchema().required()).containsExactly("sessionId", "content");
  }

  @ParameterizedTest
  @EnumSource(Way.class)
  void aTurnIsOneTextAndItsStepsAreProgress(Way way) throws Exception {
    fake.on("POST /api/sessions", 201, "{\"session\":{\"id\":\"s1\"}}");
    fake.on("POST /api/sessions/s1/messages", 200, TURN);
    var client = client(way);

    assertThat(text(client, "create_session", Map.of("agent", "a")))
        .isEqualTo("{\n  \"id\" : \"s1\"\n}");
    var answer =
        client.callTool(
            CallToolRequest.builder()
                .name("send_message")
                .arguments(Map.of("sessionId", "s1", "content", "ls"))
                .progressToken("p")
                .build());

    assertThat(text(answer)).isEqualTo("Let me see.\n[Tool: Bash]\nTwo files.\nTwo files.");
    assertThat(answer.isError()).isFalse();
    assertThat(fake.requests())
        .containsExactly(
            "POST /api/sessions {\"agent\":\"a\"}",
            "POST /api/sessions/s1/messages {\"content\":\"ls\"}");
    Awaitility.await().until(() -> progress.size() == 4);
    // The client hands them on in parallel, so their numbers say the order.
    assertThat(progress.stream().sorted(Comparator.comparing(ProgressNotification::progress)))
        .extracting(ProgressNotification::message)
        .containsExactly("Let me see.", "[Tool: Bash]", "Two files.", "Two files.");
  }

  @ParameterizedTest
  @EnumSource(Way.class)
  void aRefusalIsTheServersWords(Way way) throws Exception {
    fake.on("GET /api/sessions/s9", 404, "{\"error\":\"Session not found\",\"statusCode\":404}");
    var client = client(way);

    var answer = client.callTool(new CallToolRequest("get_session", Map.of("sessionId", "s9")));

    assertThat(answer.isError()).isTrue();
    assertThat(text(answer)).isEqualTo("Session not found");
    assertThat(progress).isEmpty();
  }

  @Test
  void asksForWhatItIsToldTo() throws Exception {
    fake.on("GET /health", 200, "{\"status\":\"ok\"}");
    fake.on("GET /api/agents", 200, "{\"agents\":[]}");
    fake.on("GET /api/sessions", 200, "{\"sessions\":[1]}");
    fake.on("GET /api/sessions?agent=a%20b", 200, "{\"sessions\":[2]}");
    fake.on("POST /api/sessions/s1/pause", 200, "{\"session\":{\"status\":\"paused\"}}");
    fake.on("POST /api/sessions/s1/resume", 200, "{\"session\":{\"status\":\"active\"}}");
    fake.on("DELETE /api/sessions/s1", 200, "{\"session\":{\"status\":\"ended\"}}");
    var client = client(Way.HTTP);
    Map<String, Object> session = Map.of("sessionId", "s1");

    assertThat(text(client, "health", Map.of())).contains("\"ok\"");
    assertThat(text(client, "list_agents", Map.of())).isEqualTo("[ ]");
    assertThat(text(client, "list_sessions", Map.of())).isEqualTo("[ 1 ]");
    assertThat(text(client, "list_sessions", Map.of("agent", "a b"))).isEqualTo("[ 2 ]");
    assertThat(text(client, "pause_session", session)).contains("paused");
    assertThat(text(client, "resume_session", session)).contains("active");
    assertThat(text(client, "end_session", session)).contains("ended");
  }

  @Test
  void aFailedTurnIsAnErrorAndASilentOneSaysSo() throws Exception {
    fake.on(
        "POST /api/sessions/s1/messages",
        200,
        "event: error\ndata: {\"error\":\"model is down\"}\n\n");
    fake.on("POST /api/sessions/s2/messages", 200, "event: done\ndata: {}\n\n");
    var client = client(Way.HTTP);

    var failed =
        client.callTool(
            new CallToolRequest("send_message", Map.of("sessionId", "s1", "content", "x")));

    assertThat(failed.isError()).isTrue();
    assertThat(text(failed)).isEqualTo("Error: model is down");
    assertThat(text(client, "send_message", Map.of("sessionId", "s2", "content", "x")))
        .isEqualTo("No text response");
  }

  @Test
  void aMissingArgumentIsToldToTheModel() throws Exception {
    var answer = client(Way.HTTP).callTool(new CallToolRequest("get_session", Map.of()));

    assertThat(answer.isError()).isTrue();
    assertThat(text(answer)).contains("sessionId");
  }

  @Test
  void overHttpAKeyHasToBeShown() throws Exception {
    var endpoint = endpoint(Optional.of("mcp-key"));
    var transport = HttpClientStreamableHttpTransport.builder(endpoint.url());

    assertThatThrownBy(() -> opened(transport.build())).isInstanceOf(RuntimeException.class);
    assertThat(
            opened(
                    HttpClientStreamableHttpTransport.builder(endpoint.url())
                        .customizeRequest(r -> r.header("Authorization", "Bearer mcp-key"))
                        .build())
                .listTools()
                .tools())
        .hasSize(9);
  }

  @Test
  void aWebPageIsKeptOut() throws Exception {
    var endpoint = endpoint(Optional.empty());
    var transport =
        HttpClientStreamableHttpTransport.builder(endpoint.url())
            .customizeRequest(r -> r.header("Origin", "https://evil.example"))
            .build();

    assertThatThrownBy(() -> opened(transport)).isInstanceOf(RuntimeException.class);
  }

  /** By hand: the SDK's client cannot have several calls under way either. */
  @Test
  void answersEveryOneOfManyCallsAtOnce() throws Exception {
    fake.on("GET /health", 200, "{}");
    var builder = new ProcessBuilder(command()).redirectError(ProcessBuilder.Redirect.DISCARD);
    builder.environment().putAll(environment());
    var process = builder.start();
    opened.add(() -> process.destroyForcibly().waitFor());
    // Not closed when it fails: closing would wait for the reader, and that for the process.
    var in = process.outputWriter(StandardCharsets.UTF_8);
    var out = process.inputReader(StandardCharsets.UTF_8);
    in.write(
        """
        {"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"x","version":"1"}}}
        {"jsonrpc":"2.0","method":"notifications/initialized"}
        """);
    in.flush();
    assertThat(out.readLine()).contains("\"protocolVersion\":\"2025-06-18\"");
    for (int id = 1; id <= CALLS; id++) {
      in.write(
          "{\"jsonrpc\":\"2.0\",\"id\":%d,\"method\":\"tools/call\",\"params\":{\"name\":\"health\",\"arguments\":{}}}\n"
              .formatted(id));
    }
    in.flush();
    var answered = new HashSet<Integer>();
    var reader = Thread.ofVirtual().start(() -> read(out, answered));

    assertThat(reader.join(Duration.ofSeconds(30))).isTrue();
    assertThat(answered).hasSize(CALLS);
    in.close();
    assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).isZero();
  }

  private static void read(BufferedReader out, Set<Integer> answered) {
    try {
      while (answered.size() < CALLS) {
        answered.add(Json.parse(out.readLine()).orElseThrow().path("id").asInt());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void aNameThatIsNotItsOwnIsKeptOut() throws Exception {
    var port = URI.create(endpoint(Optional.empty()).url()).getPort();

    try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket
          .getOutputStream()
          .write(
              "GET /mcp HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n"
                  .getBytes(StandardCharsets.US_ASCII));

      assertThat(new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII))
          .startsWith("HTTP/1.1 403 ")
          .contains("Host is not a name of this server")
          .doesNotContainIgnoringCase("jetty");
    }
  }

  private McpSyncClient client(Way way) throws Exception {
    return opened(
        switch (way) {
          case STDIO ->
              new StdioClientTransport(
                  ServerParameters.builder(command().getFirst())
                      .args(command().subList(1, command().size()))
                      .env(environment())
                      .build(),
                  McpJsonDefaults.getMapper());
          case HTTP ->
              HttpClientStreamableHttpTransport.builder(endpoint(Optional.empty()).url()).build();
        });
  }

  private static List<String> command() {
    return List.of(
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "-cp",
        System.getProperty("java.class.path"),
        "dev.ash.mcp.Main");
  }

  private Map<String, String> environment() {
    return Map.of(
        "ASH_SERVER_URL", fake.url(), "ASH_API_KEY", "ash_test", "ASH_HOME", home.toString());
  }

  private HttpEndpoint endpoint(Optional<String> key) throws Exception {
    var endpoint =
        HttpEndpoint.start(
            new AshTools(ash), "127.0.0.1", 0, new Door("127.0.0.1", List.of(), key));
    opened.add(endpoint);
    return endpoint;
  }

  private McpSyncClient opened(McpClientTransport transport) {
    var client =
        McpClient.sync(transport)
            .requestTimeout(Duration.ofSeconds(30))
            .initializationTimeout(Duration.ofSeconds(30))
            .progressConsumer(progress::add)
            .build();
    opened.add(client);
    client.initialize();
    return client;
  }

  private static String text(McpSyncClient client, String tool, Map<String, Object> arguments) {
    return text(client.callTool(new CallToolRequest(tool, arguments)));
  }

  private static String text(CallToolResult answer) {
    return ((TextContent) answer.content().getFirst()).text();
  }
}
