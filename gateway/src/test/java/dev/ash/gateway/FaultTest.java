package dev.ash.gateway;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.ash.gateway.server.GatewayServer;
import dev.ash.protocol.json.Json;
import dev.ash.scriptedmodel.ScriptedModel;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is written down and counted of calls that end in another way than they should. */
@Timeout(60)
final class FaultTest {
  private static final String BROKEN = "SCN:[{\"text\":\"x\",\"error\":500}]";

  @TempDir Path folder;
  @RegisterExtension private final BothEnds ends = new BothEnds();
  private final HttpClient http = ends.http();
  private final ScriptedModel model = ends.model();
  private Path file;

  @BeforeEach
  void start() throws Exception {
    file = folder.resolve("audit.log");
  }

  @Test
  void aQueryThatIsNoUriIsRefusedAndWrittenDown() throws Exception {
    try (var gateway = started("")) {
      assertThat(raw(gateway, "POST /v1/messages?a=%zz"))
          .startsWith("HTTP/1.1 400 ")
          .contains("invalid_request_error", "Path or query: no URI");
      assertThat(raw(gateway, "GET /v1/models?a=[%5B")).startsWith("HTTP/1.1 ");
      nothingIsOpen(gateway);
    }
    assertThat(model.requests()).isLessThanOrEqualTo(1);
    assertThat(lines().getFirst().path("status_code").asInt()).isEqualTo(400);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void aFaultOfTheGatewayIsAnsweredCountedAndWrittenDown(int look) throws Exception {
    // The first look at it is before anything is known of a call, the next when somebody is let in.
    var clock = new BrokenClock();
    try (var gateway = Rig.start(Rig.config(yaml("")), clock, OutputStream.nullOutputStream())) {
      clock.failsAt(look);
      var answer = post(gateway, "claude-sonnet-5", "hello");
      assertThat(answer.statusCode()).isEqualTo(500);
      assertThat(answer.body()).contains("api_error", "The gateway failed");
      assertThat(answer.headers().firstValue("x-request-id")).isPresent();
      nothingIsOpen(gateway);
      assertThat(metrics(gateway))
          .contains("gateway_errors_total{kind=\"fault\"} 1.0")
          .contains("gateway_errors_total{kind=\"500\"} 1.0");
    }
    assertThat(lines()).hasSize(1);
    assertThat(lines().getFirst().path("outcome").asText()).isEqualTo("fault");
    assertThat(lines().getFirst().path("status_code").asInt()).isEqualTo(500);
    assertThat(model.requests()).isZero();
  }

  /** A part of the gateway that fails once, in the thread of a call. */
  private static final class BrokenClock implements InstantSource {
    private final AtomicInteger left = new AtomicInteger();

    private void failsAt(int look) {
      left.set(look);
    }

    @Override
    public Instant instant() {
      if (Thread.currentThread().isVirtual() && left.getAndUpdate(n -> Math.max(0, n - 1)) == 1) {
        throw new IllegalStateException("the clock is broken");
      }
      return InstantSource.system().instant();
    }
  }

  @Test
  void aStreamUnderWayHasItsLineWhenTheGatewayStops() throws Exception {
    HttpResponse<InputStream> stream;
    try (var gateway = started("")) {
      stream =
          http.send(
              request(
                  gateway,
                  "claude-sonnet-5",
                  "SCN:[{\"text\":\"one two three\",\"chunk\":4,\"gate\":\"gate\"}]",
                  true),
              BodyHandlers.ofInputStream());
      assertThat(stream.statusCode()).isEqualTo(200);
      assertThat(stream.body().read()).isPositive();
    }
    stream.body().close();

    assertThat(lines()).hasSize(1);
    assertThat(lines().getFirst().path("outcome").asText()).isEqualTo("stopped");
    assertThat(lines().getFirst().path("model").asText()).isEqualTo("claude-sonnet-5");
  }

  @Test
  void wordsOfCallersBecomeNoLabelsWithoutEnd() throws Exception {
    try (var gateway = started("prices: [{model: our-other-model, input: 1, output: 1}]\n")) {
      for (var i = 0; i < 3; i++) {
        assertThat(raw(gateway, "BREW" + i + " /v1/messages")).startsWith("HTTP/1.1 405 ");
        assertThat(post(gateway, "no-such-model-" + i, BROKEN).statusCode()).isEqualTo(500);
      }
      // It fits a price of ours, and nobody has it.
      assertThat(post(gateway, "no-such-sonnet", BROKEN).statusCode()).isEqualTo(500);
      assertThat(post(gateway, "our-own-model", "hello").statusCode()).isEqualTo(200);
      assertThat(post(gateway, "our-other-model", BROKEN).statusCode()).isEqualTo(500);
      Awaitility.await()
          .untilAsserted(
              () ->
                  assertThat(metrics(gateway))
                      .contains("method=\"other\",model=\"none\",status_code=\"405\"} 3.0")
                      .contains("method=\"POST\",model=\"other\",status_code=\"500\"} 4.0")
                      .contains(
                          "method=\"POST\",model=\"our-other-model\",status_code=\"500\"} 1.0")
                      .contains("method=\"POST\",model=\"our-own-model\",status_code=\"200\"} 1.0")
                      .doesNotContain("BREW", "no-such"));
    }
    assertThat(Files.readString(file)).contains("no-such-model-2", "BREW2");
  }

  private void nothingIsOpen(GatewayServer gateway) {
    Awaitility.await()
        .untilAsserted(() -> assertThat(metrics(gateway)).contains("gateway_open_requests 0.0"));
  }

  private List<JsonNode> lines() throws Exception {
    return Files.readAllLines(file).stream().map(line -> Json.parse(line).orElseThrow()).toList();
  }

  private GatewayServer started(String more) throws Exception {
    return Rig.start(Rig.config(yaml(more)));
  }

  private String yaml(String more) {
    return Rig.yaml(model.url(), "") + "audit: {file: '%s'}\n".formatted(file) + more;
  }

  private String metrics(GatewayServer gateway) throws Exception {
    return http.send(
            HttpRequest.newBuilder(URI.create(gateway.url() + "/metrics")).build(),
            BodyHandlers.ofString())
        .body();
  }

  private HttpResponse<String> post(GatewayServer gateway, String name, String prompt)
      throws Exception {
    return http.send(request(gateway, name, prompt, false), BodyHandlers.ofString());
  }

  private static HttpRequest request(
      GatewayServer gateway, String name, String prompt, boolean stream) {
    var body = Json.object().put("model", name).put("max_tokens", 20).put("stream", stream);
    body.putArray("messages").addObject().put("role", "user").put("content", prompt);
    return HttpRequest.newBuilder(URI.create(gateway.url() + "/v1/messages"))
        .header("content-type", "application/json")
        .header("authorization", "Bearer " + Rig.TOKEN)
        .POST(BodyPublishers.ofString(Json.write(body)))
        .build();
  }

  /** What no careful client sends. */
  private static String raw(GatewayServer gateway, String head) throws Exception {
    try (var socket = new Socket(InetAddress.getLoopbackAddress(), gateway.port())) {
      socket.setSoTimeout(20_000);
      var request =
          head
              + " HTTP/1.1\r\nhost: gateway\r\nauthorization: Bearer "
              + Rig.TOKEN
              + "\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}";
      socket.getOutputStream().write(request.getBytes(UTF_8));
      return new String(socket.getInputStream().readAllBytes(), UTF_8);
    }
  }
}
