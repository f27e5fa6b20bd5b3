package dev.ash.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ash.gateway.server.GatewayServer;
import dev.ash.protocol.json.Json;
import dev.ash.scriptedmodel.ScriptedModel;
import java.io.RandomAccessFile;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** An audit log on a disk that takes no byte and says nothing. */
@Timeout(90)
final class HungDiskTest {
  private static final Duration BOUND = Duration.ofSeconds(20);

  @TempDir Path folder;
  @RegisterExtension private final BothEnds ends = new BothEnds();
  private final HttpClient http = ends.http();
  private final ScriptedModel model = ends.model();

  @Test
  void callsGoOnAndTheirLinesComeWhenItDoes() throws Exception {
    try (var disk = Fifo.in(folder);
        var gateway = started(disk, "continue")) {
      assertThat(post(gateway).statusCode()).isEqualTo(200);
      soon().until(() -> metrics(gateway).contains("gateway_audit_stalled 1.0"));
      for (var i = 0; i < 3; i++) {
        assertThat(post(gateway).statusCode()).isEqualTo(200);
      }
      soon().until(() -> metrics(gateway).contains("gateway_open_requests 0.0"));

      disk.drain();
      soon().until(() -> metrics(gateway).contains("gateway_audit_sequence 4.0"));
      soon().until(() -> metrics(gateway).contains("gateway_audit_stalled 0.0"));
      soon().until(() -> disk.lines().size() == 4);
    }
  }

  @Test
  void withRefuseNoCallIsHeldAndAllAreTurnedAwayUntilItGoesOn() throws Exception {
    try (var disk = Fifo.in(folder);
        var gateway = started(disk, "refuse")) {
      assertThat(post(gateway).statusCode()).isEqualTo(200);
      soon().until(() -> post(gateway).statusCode() == 503);
      var asked = model.requests();
      var refused = post(gateway);
      assertThat(refused.statusCode()).isEqualTo(503);
      assertThat(refused.body()).contains("The audit log cannot be written");
      assertThat(model.requests()).isEqualTo(asked);

      disk.drain();
      soon().until(() -> post(gateway).statusCode() == 200);
      // Behind the calls that were turned away, and those before it have come, too.
      soon().until(() -> disk.lines().stream().filter(HungDiskTest::isServed).count() >= 2);
      assertThat(disk.lines().getFirst()).contains("\"seq\":1,", "\"status_code\":200");
    }
  }

  @Test
  void anotherFileIsTakenWhileTheOldOneHangs() throws Exception {
    var other = folder.resolve("other.log");
    var file = Files.writeString(folder.resolve("gateway.yaml"), "");
    try (var disk = Fifo.in(folder)) {
      Files.writeString(file, yaml(disk.file(), "refuse"));
      try (var gateway =
          Serving.start(Map.of("PROVIDER_KEY", Rig.PROVIDER_KEY), "--config", file.toString())) {
        soon().until(() -> post(gateway.url()).statusCode() == 503);
        Files.writeString(file, yaml(other, "refuse"));

        soon().until(() -> post(gateway.url()).statusCode() == 200);
        soon().until(() -> Files.readString(other).contains("\"status_code\":200"));
        disk.drain();
        soon().until(() -> disk.lines().stream().anyMatch(l -> l.contains("\"status_code\":503")));
      }
    }
    assertThat(Files.readAllLines(other).getFirst()).startsWith("{\"seq\":1,");
  }

  @Test
  void aLogThatDoesNotOpenIsRefusedAndHoldsNothing() throws Exception {
    var hung = folder.resolve("hung.fifo");
    assertThat(RealProxy.run("mkfifo", hung.toString())).isZero();
    var log = folder.resolve("audit.log");
    var file = Files.writeString(folder.resolve("gateway.yaml"), yaml(log, "refuse"));
    try (var gateway =
        Serving.start(Map.of("PROVIDER_KEY", Rig.PROVIDER_KEY), "--config", file.toString())) {
      Files.writeString(file, yaml(hung, "refuse"));
      soon().until(() -> gateway.said().contains("audit.file: " + hung + " does not answer"));

      assertThat(post(gateway.url()).statusCode()).isEqualTo(200);
      soon().until(() -> Files.readString(log).contains("\"status_code\":200"));
    } finally {
      // Lets go whoever waits to write to it.
      new RandomAccessFile(hung.toFile(), "rw").close();
    }
  }

  private static boolean isServed(String line) {
    return line.contains("\"status_code\":200");
  }

  private static ConditionFactory soon() {
    return Awaitility.await().atMost(Duration.ofSeconds(30)).pollInterval(Duration.ofMillis(100));
  }

  private GatewayServer started(Fifo disk, String onFailure) throws Exception {
    return Rig.start(Rig.config(yaml(disk.file(), onFailure)));
  }

  private String yaml(Path audit, String onFailure) {
    return Rig.yaml(model.url(), "")
        + "audit: {file: '%s', onFailure: %s}%n".formatted(audit, onFailure);
  }

  private String metrics(GatewayServer gateway) throws Exception {
    return http.send(
            HttpRequest.newBuilder(URI.create(gateway.url() + "/metrics")).build(),
            BodyHandlers.ofString())
        .body();
  }

  private HttpResponse<String> post(GatewayServer gateway) throws Exception {
    return post(gateway.url());
  }

  /** No call may be held. */
  private HttpResponse<String> post(String url) throws Exception {
    var body = Json.object().put("model", "claude-sonnet-5").put("max_tokens", 20);
    body.putArray("messages").addObject().put("role", "user").put("content", "hello");
    return http.send(
        HttpRequest.newBuilder(URI.create(url + "/v1/messages"))
            .timeout(BOUND)
            .header("content-type", "application/json")
            .header("authorization", "Bearer " + Rig.TOKEN)
            .POST(BodyPublishers.ofString(Json.write(body)))
            .build(),
        BodyHandlers.ofString());
  }
}
