package dev.ash.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.ash.protocol.json.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The real Alertmanager with our configuration, which waits for a second only. */
final class RealAlertmanager implements AutoCloseable {
  static final String PROGRAM = "prometheus-alertmanager";

  private final OwnServer server;

  private RealAlertmanager(OwnServer server) {
    this.server = server;
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
    var command =
        List.of(
            PROGRAM,
            "--config.file=" + file,
            "--storage.path=" + folder.resolve("alertmanager"),
            "--web.listen-address=127.0.0.1:" + port,
            // It is alone.
            "--cluster.listen-address=");
    return new RealAlertmanager(OwnServer.start(command, port, folder.resolve("alertmanager.log")));
  }

  String address() {
    return server.address();
  }

  /** The alerts that it has, whoever is told of them. */
  JsonNode alerts() throws IOException, InterruptedException {
    var answer = server.get("/api/v2/alerts");
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return Json.parse(answer.body()).orElseThrow();
  }

  @Override
  public void close() {
    server.close();
  }
}
