package dev.ash.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.ash.protocol.json.Json;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;

/** The real Alertmanager with our configuration, which waits for a second only. */
final class RealAlertmanager implements AutoCloseable {
  static final String PROGRAM = "prometheus-alertmanager";
  private static final Duration ANSWER = Duration.ofSeconds(10);

  private final HttpClient http = HttpClient.newHttpClient();
  private final Process process;
  private final int port;

  private RealAlertmanager(Process process, int port) {
    this.process = process;
    this.port = port;
  }

  /**
   * Ready to be told of alerts.
   *
   * @param receiver host and port that stand in place of the file's
   */
  static RealAlertmanager start(Path folder, String receiver) throws IOException {
    var config =
        Files.readString(Monitoring.FOLDER.resolve("alertmanager.yml"))
            .replace("127.0.0.1:9099", receiver)
            .replaceAll("group_wait: \\w+", "group_wait: 1s")
            .replace("group_interval: 5m", "group_interval: 1s");
    assertThat(config).contains(receiver, "group_interval: 1s");
    var file = Files.writeString(folder.resolve("alertmanager.yml"), config);
    var port = ValidateTest.freePort();
    var log = folder.resolve("alertmanager.log");
    var process =
        new ProcessBuilder(
                PROGRAM,
                "--config.file=" + file,
                "--storage.path=" + folder.resolve("alertmanager"),
                "--web.listen-address=127.0.0.1:" + port,
                // It is alone.
                "--cluster.listen-address=")
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    var started = new RealAlertmanager(process, port);
    try {
      Awaitility.await()
          .atMost(Duration.ofMinutes(1))
          .until(() -> !process.isAlive() || started.isReady());
      assertThat(process.isAlive()).as(Files.readString(log)).isTrue();
      return started;
    } catch (RuntimeException | Error e) {
      started.close();
      throw e;
    }
  }

  String address() {
    return "127.0.0.1:" + port;
  }

  private boolean isReady() throws InterruptedException {
    try {
      return http.send(request("/-/ready"), BodyHandlers.discarding()).statusCode() == 200;
    } catch (IOException _) {
      return false;
    }
  }

  /** The alerts that it has, whoever is told of them. */
  JsonNode alerts() throws IOException, InterruptedException {
    var answer = http.send(request("/api/v2/alerts"), BodyHandlers.ofString());
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return Json.parse(answer.body()).orElseThrow();
  }

  private HttpRequest request(String path) {
    return HttpRequest.newBuilder(URI.create("http://" + address() + path)).timeout(ANSWER).build();
  }

  @Override
  public void close() {
    http.shutdownNow();
    process.destroy();
    try {
      if (!process.waitFor(10, TimeUnit.SECONDS)) {
        process.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
      }
    } catch (InterruptedException _) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
