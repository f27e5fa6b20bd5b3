package dev.ash.node.model;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpServer;
import dev.ash.persistence.table.ModelCall.State;
import dev.ash.protocol.id.SessionId;
import dev.ash.scriptedmodel.ScriptedModel;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Servers behind the proxy that answer what nobody expects, and bodies that nobody may touch. */
@Timeout(90)
final class OddUpstreamTest {
  private static final SessionId SESSION = SessionId.of(new UUID(3, 4));
  private static final String KEY = "sk-canary-4c1e-of-the-node";
  private static final int DOCUMENTS = 1000;
  @RegisterExtension private static final TestActors ACTORS = new TestActors();

  @TempDir private Path folder;
  private ModelRig rig;

  @BeforeEach
  void start() throws IOException {
    rig = new ModelRig(folder, ACTORS.system(), SESSION);
  }

  @AfterEach
  void stop() throws IOException {
    rig.close();
  }

  /** Numbers that no Java type holds, names that come twice, escapes, any script. */
  @Test
  void leavesBodiesAsTheyAre() throws Exception {
    Map<String, String> answers = new ConcurrentHashMap<>();
    var server = rig.owning(http(), s -> s.stop(0));
    server.createContext(
        "/",
        exchange -> {
          var answer = answers.get(new String(exchange.getRequestBody().readAllBytes(), UTF_8));
          var bytes = answer == null ? new byte[0] : answer.getBytes(UTF_8);
          exchange.getResponseHeaders().add("Content-Type", "application/json");
          exchange.sendResponseHeaders(
              answer == null ? 400 : 200, bytes.length == 0 ? -1 : bytes.length);
          exchange.getResponseBody().write(bytes);
          exchange.close();
        });
    listen(server.getAddress().getPort());
    try (var threads = Executors.newFixedThreadPool(4)) {
      var calls = new ArrayList<Future<String>>();
      var expected = new ArrayList<String>();
      for (var i = 0; i < DOCUMENTS; i++) {
        var random = new Random(i);
        var request = "{ \"model\":\"m\", \"n\":" + i + "," + document(random, 0) + "}";
        var answer = "{\"id\":\"a" + i + "\" ," + document(random, 0) + "}\n";
        answers.put(request, answer);
        expected.add(answer);
        calls.add(threads.submit(() -> call(request).body()));
      }
      for (var i = 0; i < DOCUMENTS; i++) {
        assertThat(calls.get(i).get()).as("document %d", i).isEqualTo(expected.get(i));
      }
    }
  }

  private static String document(Random random, int depth) {
    var names = List.of("a", "stop_sequences", "metadata", "\\u00e9", "x.y", "a");
    var fields = new ArrayList<String>();
    for (var i = random.nextInt(1, 5); i > 0; i--) {
      fields.add(
          "\"%s\"%s:%s"
              .formatted(
                  names.get(random.nextInt(names.size())),
                  " ".repeat(random.nextInt(2)),
                  value(random, depth)));
    }
    return String.join(",", fields);
  }

  private static String value(Random random, int depth) {
    return switch (random.nextInt(depth > 3 ? 6 : 8)) {
      case 0 -> "12345678901234567890123";
      case 1 -> "1.0e+3";
      case 2 -> "-0.10";
      case 3 -> "\"\\ud83d\\ude00 \\/ \\u0000 grüße 東京\"";
      case 4 -> random.nextBoolean() ? "true" : "null";
      case 5 -> "\"" + Long.toString(random.nextLong(), 36) + "\"";
      case 6 -> "[" + value(random, depth + 1) + ", " + value(random, depth + 1) + "]";
      default -> "{" + document(random, depth + 1) + "}";
    };
  }

  @ParameterizedTest
  @ValueSource(ints = {301, 302, 303, 307, 308})
  void followsNoRedirect(int status) throws Exception {
    try (var elsewhere = ScriptedModel.start(0)) {
      var server = rig.owning(http(), s -> s.stop(0));
      server.createContext(
          "/",
          exchange -> {
            exchange.getRequestBody().readAllBytes();
            exchange.getResponseHeaders().add("Location", elsewhere.url() + "/v1/messages");
            exchange.sendResponseHeaders(status, -1);
            exchange.close();
          });
      listen(server.getAddress().getPort());

      assertThat(call("{\"model\":\"m\"}").status()).isEqualTo(status);
      assertThat(elsewhere.requests()).isZero();
      await().until(() -> rig.ledger().calls(SESSION).getFirst().state() != State.OPEN);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nx",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n2\r\n{}\r\n",
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\nevent: message_start\r\ndata: {",
        "HTTP/1.1 999 What\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX\u0000: y\r\n\r\n",
        "SSH-2.0-OpenSSH\r\n",
        ""
      })
  void survivesWhatIsNoAnswer(String bytes) throws Exception {
    try (var server = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
        var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      listen(server.getLocalPort());
      var asked = threads.submit(() -> answered("{\"model\":\"m\",\"stream\":true}"));
      try (var accepted = server.accept()) {
        assertThat(accepted.getInputStream().read(new byte[4096])).isPositive();
        accepted.getOutputStream().write(bytes.getBytes(ISO_8859_1));
        accepted.getOutputStream().flush();
        accepted.shutdownOutput();

        assertThat(asked.get()).doesNotContain(KEY);
      }
      await().until(() -> rig.ledger().calls(SESSION).getFirst().state() != State.OPEN);
      await().until(() -> rig.proxy().stats().open() == 0);
    }

    rig.listen(
        ModelConfigs.of(
            ModelConfigs.upstream(
                "main", rig.model().url(), Optional.of(KEY), Optional.empty(), Map.of()),
            Duration.ofSeconds(20)));
    assertThat(
            call("{\"model\":\"m\",\"max_tokens\":5,\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}")
                .status())
        .isEqualTo(200);
  }

  private static HttpServer http() throws IOException {
    var server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 50);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.start();
    return server;
  }

  private void listen(int port) throws IOException {
    rig.listen(
        ModelConfigs.of(
            ModelConfigs.upstream(
                "odd", "http://127.0.0.1:" + port, Optional.of(KEY), Optional.empty(), Map.of()),
            Duration.ofSeconds(20)));
  }

  private RawClient.Answer call(String body) throws IOException {
    return RawClient.call(
        rig.socket(), RawClient.post("/v1/messages", body, "anthropic-version: 2023-06-01"));
  }

  /** All that comes back, also when it breaks off. */
  private String answered(String body) throws IOException {
    try (var client = new RawClient(rig.socket())) {
      client.send(RawClient.post("/v1/messages", body, "Connection: close"));
      var all = new StringBuilder();
      for (var line = client.line(); line != null; line = client.line()) {
        all.append(line).append('\n');
      }
      return all.toString();
    }
  }
}
