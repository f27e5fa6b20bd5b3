package dev.ash.gateway;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.ash.protocol.json.Json;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.UnaryOperator;

/** The real Prometheus with our configuration, looking every second or two. */
final class RealPrometheus implements AutoCloseable {
  private final OwnServer server;

  private RealPrometheus(OwnServer server) {
    this.server = server;
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
    var command =
        List.of(
            "prometheus",
            "--config.file=" + file,
            "--storage.tsdb.path=" + folder.resolve("data"),
            "--web.listen-address=127.0.0.1:" + port);
    return new RealPrometheus(OwnServer.start(command, port, folder.resolve("prometheus.log")));
  }

  /** The data of an answer; a query that it does not take is an error of the test. */
  JsonNode ask(String path) throws IOException, InterruptedException {
    var answer = server.get(path);
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
    server.close();
  }
}
