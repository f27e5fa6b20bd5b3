package dev.ash.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ash.gateway.server.GatewayServer;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** A configuration of which a part cannot be used, after other parts of it could. */
@Timeout(90)
final class HalfReloadTest {
  /** Nobody listens there. */
  private static final String NOWHERE = "127.0.0.1:1";

  private static final String OTHER_REDIS = "limits: {shared: {url: 'redis://" + NOWHERE + "'}}\n";

  @TempDir Path folder;
  @RegisterExtension private final BothEnds ends = new BothEnds();
  private final HttpClient http = ends.http();

  @Test
  void anAuditLogThatCannotBeOpenedLeavesCountersAndUpstreamsAsTheyWere() throws Exception {
    var log = folder.resolve("audit.log");
    try (var gateway = Rig.start(Rig.config(yaml(log)))) {
      for (var i = 0; i < 5; i++) {
        assertThat(post(gateway)).isEqualTo(502);
      }
      assertThat(metrics(gateway)).contains("gateway_upstream_spared{upstream=\"model\"} 1.0");

      var next = Rig.config(yaml(folder.resolve("missing/audit.log")) + OTHER_REDIS);
      assertThatThrownBy(() -> gateway.reload(next)).isInstanceOf(IOException.class);

      assertThat(metrics(gateway))
          .contains(
              "gateway_upstream_spared{upstream=\"model\"} 1.0",
              "gateway_shared_limits_reachable 1.0");
      assertThat(post(gateway)).isEqualTo(503);
      soon().until(() -> Files.readString(log).contains("\"status_code\":503"));
    }
  }

  @Test
  void aCertificateThatIsNotThereLeavesTheAuditLogWhereItWas() throws Exception {
    var log = folder.resolve("audit.log");
    var other = folder.resolve("other.log");
    try (var gateway = Rig.start(Rig.config(yaml(log)))) {
      var next =
          Rig.config(
              yaml(other)
                  + "limits: {shared: {url: 'rediss://%s', authorities: '%s'}}%n"
                      .formatted(NOWHERE, folder.resolve("missing.pem")));
      assertThatThrownBy(() -> gateway.reload(next)).isInstanceOf(IOException.class);
      assertThat(post(gateway)).isEqualTo(502);
      soon().until(() -> Files.readString(log).contains("\"status_code\":502"));
      assertThat(other).isEmptyFile();

      // It was let go again, so it can be taken.
      soon().ignoreExceptionsInstanceOf(IOException.class).until(() -> reloaded(gateway, other));
      assertThat(post(gateway)).isEqualTo(502);
      soon().until(() -> Files.readString(other).contains("\"status_code\":502"));
    }
  }

  @Test
  void theLogByAnotherNameIsRefusedForWhatItIs() throws Exception {
    var log = folder.resolve("audit.log");
    var link = folder.resolve("link.log");
    try (var gateway = Rig.start(Rig.config(yaml(log)))) {
      Files.createSymbolicLink(link, log);
      assertThatThrownBy(() -> reloaded(gateway, link))
          .hasMessage(
              "audit.file: %s is the log that is being written, by another name (expected: %s,"
                      .formatted(link, log)
                  + " another file, or a restart)");
      assertThat(folder.resolve("link.log.chain")).doesNotExist();
    }
  }

  private boolean reloaded(GatewayServer gateway, Path log) throws Exception {
    gateway.reload(Rig.config(yaml(log)));
    return true;
  }

  private static String yaml(Path audit) {
    return Rig.yaml("http://" + NOWHERE, "") + "audit: {file: '%s'}%n".formatted(audit);
  }

  private static ConditionFactory soon() {
    return Awaitility.await().atMost(Duration.ofSeconds(20)).pollInterval(Duration.ofMillis(100));
  }

  private String metrics(GatewayServer gateway) throws Exception {
    return http.send(
            HttpRequest.newBuilder(URI.create(gateway.url() + "/metrics")).build(),
            BodyHandlers.ofString())
        .body();
  }

  private int post(GatewayServer gateway) throws Exception {
    return http.send(
            HttpRequest.newBuilder(URI.create(gateway.url() + "/v1/messages"))
                .header("content-type", "application/json")
                .header("authorization", "Bearer " + Rig.TOKEN)
                .POST(BodyPublishers.ofString("{\"model\":\"m\",\"max_tokens\":9,\"messages\":[]}"))
                .build(),
            BodyHandlers.ofString())
        .statusCode();
  }
}
