package dev.ash.gateway;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.ash.protocol.json.Json;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.awaitility.Awaitility;

/** The real Prometheus with our configuration, looking every second or two. */
final class RealPrometheus implements AutoCloseable {
  private static final Duration ANSWER = Duration.ofSeconds(10);

  private final HttpClient http = HttpClient.newHttpClient();
  private final Process process;
  private final String url;

  private RealPrometheus(Process process, String url) {
    this.process = process;
    this.url = url;
  }

  /**
   * Ready to be asked.
   *
   * @param gateway host and port that stand in place of the file's
   */
  static RealPrometheus start(Path folder, String gateway) throws IOException {
    return start(folder, gateway, text -> text.replace("15s", "2s"), rules -> rules);
  }

  /**
   * One that hands its alerts on at once; what they are about stays as it is.
   *
   * @param alertmanager host and port that stand in place of the file's
   */
  static RealPrometheus alerting(Path folder, String gateway, String alertmanager)
      throws IOException {
    return start(
        folder,
        gateway,
        text ->
            text.replace("15s", "1s")
                .replace("# alerting:", "alerting:")
                .replace("127.0.0.1:9093", alertmanager),
        rules -> rules.replaceAll("for: \\d+m", "for: 0s"));
  }

  private static RealPrometheus start(
      Path folder, String gateway, UnaryOperator<String> changed, UnaryOperator<String> hurried)
      throws IOException {
    var rules = Files.createDirectories(folder.resolve("rules"));
    for (var name : new String[] {"gateway.yml", "node.yml"}) {
      var shipped = Files.readString(Monitoring.FOLDER.resolve("rules").resolve(name));
      Files.writeString(rules.resolve(name), hurried.apply(shipped));
    }
    var config =
        changed.apply(
            Files.readString(Monitoring.FOLDER.resolve("prometheus.yml"))
                .replace("127.0.0.1:8443", gateway)
                .replace("127.0.0.1:4100", "127.0.0.1:" + ValidateTest.freePort()));
    assertThat(config).contains(gateway).doesNotContain("15s");
    var file = Files.writeString(folder.resolve("prometheus.yml"), config);
    var port = ValidateTest.freePort();
    var log = folder.resolve("prometheus.log");
    var process =
        new ProcessBuilder(
                "prometheus",
                "--config.file=" + file,
                "--storage.tsdb.path=" + folder.resolve("data"),
                "--web.listen-address=127.0.0.1:" + port)
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    var started = new RealPrometheus(process, "http://127.0.0.1:" + port);
    try {
      Awaitility.await()
          .atMost(Duration.ofMinutes(1))
          .pollInterval(Duration.ofSeconds(1))
          .until(() -> !process.isAlive() || started.isReady());
      assertThat(process.isAlive()).as(Files.readString(log)).isTrue();
      return started;
    } catch (RuntimeException | Error e) {
      started.close();
      throw e;
    }
  }

  private boolean isReady() throws InterruptedException {
    try {
      return http.send(
                  HttpRequest.newBuilder(URI.create(url + "/-/ready")).timeout(ANSWER).build(),
                  BodyHandlers.discarding())
              .statusCode()
          == 200;
    } catch (IOException _) {
      return false;
    }
  }

  /** The data of an answer; a query that it does not take is an error of the test. */
  JsonNode ask(String path) throws IOException, InterruptedException {
    var answer =
        http.send(
            HttpRequest.newBuilder(URI.create(url + path)).timeout(ANSWER).build(),
            BodyHandlers.ofString());
    var json = Json.parse(answer.body()).orElseGet(Json::object);
    assertThat(json.path("status").asText()).as(path + ": " + answer.body()).isEqualTo("success");
    return json.path("data");
  }

  /** The largest value that a query has now; {@code NaN} when it has none. */
  double largest(String expression) throws IOException, InterruptedException {
    var largest = Double.NaN;
    for (var series :
        ask("/api/v1/query?query=" + URLEncoder.encode(expression, UTF_8)).path("result")) {
      var value = Double.parseDouble(series.path("value").path(1).asText());
      largest = Double.isNaN(largest) || value > largest ? value : largest;
    }
    return largest;
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
