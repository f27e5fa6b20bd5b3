package dev.ash.mcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ash.client.AshClient;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Callers who are slow, who change their minds, and a server that is told to end. */
@Timeout(60)
final class EndpointIT {
  private static final String KEY = "mcp-key";
  private static final String HEAD =
      "POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";
  private static final String SEND = "POST /api/sessions/s1/messages";

  /** Of the call's own turn: what else runs in the session is somebody else's. */
  private static final String INTERRUPT = "POST /api/sessions/s1/interrupt?turn=" + FakeAsh.TURN;

  private static final String TURN =
      """
      : heartbeat
      event: message
      data: {"type":"result","result":"Two files."}

      event: done
      data: {}

      """;
  private static final String ARGUMENTS = "{\"sessionId\":\"s1\",\"content\":\"ls\"}";

  private final FakeAsh fake = new FakeAsh();
  private final AshClient ash = AshClient.builder(fake.url()).key("ash_test").build();
  private final List<AutoCloseable> opened = new CopyOnWriteArrayList<>();
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private @TempDir Path home = Path.of("");

  @AfterEach
  void tearDown() throws Exception {
    fake.release();
    for (var one : opened.reversed()) {
      one.close();
    }
    threads.shutdownNow();
    ash.close();
    fake.close();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "POST /mcp HT",
        HEAD,
        HEAD + "Content-Length: 100\r\n\r\n",
        HEAD + "Authorization: Bearer " + KEY + "\r\nContent-Length: 100\r\n\r\n{"
      })
  void whoDoesNotFinishARequestIsSentAway(String begin) throws Exception {
    var endpoint = endpoint(Duration.ofMillis(300), Optional.of(KEY));

    try (var socket = connect(endpoint)) {
      socket.getOutputStream().write(begin.getBytes(StandardCharsets.US_ASCII));

      assertEnds(socket);
    }
  }

  /** Each byte is activity, so a limit on silence alone would let it go on for hours. */
  @Test
  void whoSendsAByteNowAndThenIsSentAwayToo() throws Exception {
    var endpoint = endpoint(Duration.ofMillis(500), Optional.of(KEY));

    try (var socket = connect(endpoint);
        var clock = Executors.newSingleThreadScheduledExecutor()) {
      var out = socket.getOutputStream();
      out.write("GET /mcp HTTP/1.1\r\nX: ".getBytes(StandardCharsets.US_ASCII));
      var drip = clock.scheduleAtFixedRate(() -> drip(socket), 0, 20, TimeUnit.MILLISECONDS);

      assertEnds(socket);
      drip.cancel(true);
    }
  }

  private static void drip(Socket socket) {
    try {
      socket.getOutputStream().write('x');
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @Test
  void whatIsServedMayLastLonger() throws Exception {
    var endpoint = endpoint(Duration.ofSeconds(2), Optional.empty());
    fake.hold("GET /health", 200, "\n{\"status\":\"ok\"}");
    var caller = new RawCaller(endpoint.url());
    var call = threads.submit(() -> caller.call(1, "health", "{}"));
    Awaitility.await().until(() -> fake.requests().contains("GET /health"));

    // One that comes later is sent away in the meantime.
    try (var idle = connect(endpoint)) {
      assertEnds(idle);
    }
    assertThat(call).isNotDone();
    fake.release();

    assertThat(call.get(20, TimeUnit.SECONDS)).contains("\\\"ok\\\"");
  }

  @Test
  void aRequestMayNotBeLargerThanItsBound() throws Exception {
    var endpoint = endpoint(Duration.ofSeconds(30), Optional.empty());

    try (var socket = connect(endpoint)) {
      var out = socket.getOutputStream();
      out.write(
          (HEAD + "Connection: close\r\nContent-Length: 16777217\r\n\r\n")
              .getBytes(StandardCharsets.US_ASCII));
      out.write(new byte[(16 << 20) + 1]);

      assertThat(new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII))
          .startsWith("HTTP/1.1 413 ");
    }
  }

  @Test
  void overHttpACallCanBeCancelledAndItsTurnEnds() throws Exception {
    var endpoint = endpoint(Duration.ofSeconds(30), Optional.empty());
    fake.hold(SEND, 200, TURN);
    fake.on(INTERRUPT, 200, "{}");
    fake.on("GET /health", 200, "{}");
    var caller = new RawCaller(endpoint.url());
    caller.cancel(7);
    var call = threads.submit(() -> caller.call(7, "send_message", ARGUMENTS));
    Awaitility.await().until(() -> asked(SEND));

    caller.cancel(8);
    assertThat(caller.call(9, "health", "{}")).contains("\"id\":9");
    assertThat(asked("POST /api/sessions/s1/interrupt")).as("another one was cancelled").isFalse();
    caller.cancel(7);

    Awaitility.await().until(() -> asked(INTERRUPT));
    assertThat(call.get(20, TimeUnit.SECONDS)).doesNotContain("\"id\":7");
  }

  @Test
  void aCallIsCancelledBeforeItsTurnIsKnownAndItsTurnEndsOnceItIs() throws Exception {
    var endpoint = endpoint(Duration.ofSeconds(30), Optional.empty());
    fake.holdAll(SEND, 200, TURN);
    fake.on(INTERRUPT, 200, "{}");
    var caller = new RawCaller(endpoint.url());
    var call = threads.submit(() -> caller.call(7, "send_message", ARGUMENTS));
    Awaitility.await().until(() -> asked(SEND));

    caller.cancel(7);
    assertThat(call.get(20, TimeUnit.SECONDS)).doesNotContain("\"id\":7");
    assertThat(asked("POST /api/sessions/s1/interrupt")).isFalse();
    fake.release();

    Awaitility.await().until(() -> asked(INTERRUPT));
  }

  @Test
  void aMessageThatIsRefusedAfterItsCallWasCancelledInterruptsNothing() throws Exception {
    var endpoint = endpoint(Duration.ofSeconds(30), Optional.empty());
    fake.holdAll(SEND, 400, "{\"error\":\"Session is paused\"}");
    fake.on("GET /health", 200, "{}");
    var caller = new RawCaller(endpoint.url());
    var call = threads.submit(() -> caller.call(7, "send_message", ARGUMENTS));
    Awaitility.await().until(() -> asked(SEND));

    caller.cancel(7);
    assertThat(call.get(20, TimeUnit.SECONDS)).doesNotContain("\"id\":7");
    fake.release();

    assertThat(caller.call(9, "health", "{}")).contains("\"id\":9");
    assertThat(asked("POST /api/sessions/s1/interrupt")).isFalse();
  }

  @Test
  void overStandardStreamsToo() throws Exception {
    fake.hold(SEND, 200, TURN);
    fake.on(INTERRUPT, 200, "{}");
    fake.on("GET /health", 200, "{}");
    var process = started();
    // Not closed when it fails: closing would wait for the reader, and that for the process.
    var in = process.outputWriter(StandardCharsets.UTF_8);
    var out = process.inputReader(StandardCharsets.UTF_8);
    in.write(
        """
        {"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"x","version":"1"}}}
        {"jsonrpc":"2.0","method":"notifications/initialized"}
        {"jsonrpc":"2.0","id":"seven","method":"tools/call","params":{"name":"send_message","arguments":%s}}
        """
            .formatted(ARGUMENTS));
    in.flush();
    assertThat(out.readLine()).contains("\"id\":0");
    Awaitility.await().until(() -> asked(SEND));

    in.write(
        """
        {"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"seven"}}
        """);
    in.flush();
    Awaitility.await().until(() -> asked(INTERRUPT));
    in.write(
        """
        {"jsonrpc":"2.0","id":8,"method":"tools/call","params":{"name":"health","arguments":{}}}
        """);
    in.flush();

    assertThat(out.readLine()).contains("\"id\":8");
    in.close();
    assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).isZero();
  }

  @Test
  void whenItIsToldToEndCallsThatRunMayEnd() throws Exception {
    fake.hold("GET /health", 200, "\n{\"status\":\"ok\"}");
    var process = started("--http", "0");
    var url = process.errorReader(StandardCharsets.UTF_8).readLine().replace("mcp on ", "");
    var caller = new RawCaller(url);
    var call = threads.submit(() -> caller.call(1, "health", "{}"));
    Awaitility.await().until(() -> fake.requests().contains("GET /health"));

    process.destroy();
    Awaitility.await().until(() -> !accepts(URI.create(url).getPort()));
    assertThat(process.isAlive()).isTrue();
    fake.release();

    assertThat(call.get(20, TimeUnit.SECONDS)).contains("\\\"ok\\\"");
    assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).isZero();
    assertThat(fake.requests()).containsExactly("GET /health");
  }

  @Test
  void callsThatDoNotEndAreEndedAndTheirTurnsGoOn() throws Exception {
    var limits = new HttpEndpoint.Limits(Duration.ofSeconds(30), Duration.ofMillis(300));
    var endpoint =
        HttpEndpoint.start(
            new AshTools(ash),
            "127.0.0.1",
            0,
            new Door("127.0.0.1", List.of(), Optional.empty()),
            limits);
    fake.hold(SEND, 200, TURN);
    var caller = new RawCaller(endpoint.url());
    var call = threads.submit(() -> caller.call(1, "send_message", ARGUMENTS));
    Awaitility.await().until(() -> asked(SEND));

    endpoint.close();

    Awaitility.await().until(call::isDone);
    assertThat(asked("POST /api/sessions/s1/interrupt")).isFalse();
    assertThatThrownBy(() -> new RawCaller(endpoint.url())).isInstanceOf(IOException.class);
  }

  private boolean asked(String request) {
    return fake.requests().stream().anyMatch(made -> made.startsWith(request));
  }

  private static boolean accepts(int port) {
    try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      return socket.isConnected();
    } catch (IOException _) {
      return false;
    }
  }

  /** The other side closes it, with an answer or without. */
  private static void assertEnds(Socket socket) throws IOException {
    socket.setSoTimeout((int) Duration.ofSeconds(20).toMillis());
    try {
      socket.getInputStream().readAllBytes();
    } catch (SocketException reset) {
      assertThat(reset).hasMessageContaining("reset");
    }
  }

  private Socket connect(HttpEndpoint endpoint) throws IOException {
    return new Socket(InetAddress.getLoopbackAddress(), URI.create(endpoint.url()).getPort());
  }

  private HttpEndpoint endpoint(Duration request, Optional<String> key) throws Exception {
    var limits = new HttpEndpoint.Limits(request, Duration.ofSeconds(5));
    var door = new Door("127.0.0.1", List.of(), key);
    var endpoint = HttpEndpoint.start(new AshTools(ash), "127.0.0.1", 0, door, limits);
    opened.add(endpoint);
    return endpoint;
  }

  private Process started(String... arguments) throws IOException {
    var builder =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-cp",
            System.getProperty("java.class.path"),
            "dev.ash.mcp.Main");
    builder.command().addAll(List.of(arguments));
    if (arguments.length == 0) {
      builder.redirectError(ProcessBuilder.Redirect.DISCARD);
    }
    builder.environment().put("ASH_SERVER_URL", fake.url());
    builder.environment().put("ASH_API_KEY", "ash_test");
    builder.environment().put("ASH_HOME", home.toString());
    var process = builder.start();
    opened.add(() -> process.destroyForcibly().waitFor());
    return process;
  }
}
