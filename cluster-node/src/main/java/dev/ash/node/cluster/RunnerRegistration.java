package dev.ash.node.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import dev.ash.config.ClusterConfig.Formation;
import dev.ash.config.ClusterConfig.Runner;
import dev.ash.config.DatabaseConfig;
import dev.ash.config.NodeConfig;
import dev.ash.config.Secret;
import dev.ash.protocol.json.Json;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How a runner that only knows a coordinator's URL finds the cluster: it asks, with the internal
 * secret, which nodes there are and, if it was not told, which database they share.
 */
public final class RunnerRegistration {
  private static final Logger LOG = LoggerFactory.getLogger(RunnerRegistration.class);
  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(16);

  private RunnerRegistration() {}

  /**
   * Settings to put over the runner's own; empty for a node that needs none. Asks until there is an
   * answer, as the coordinator may start later. Blocks.
   *
   * @throws IOException when the coordinator refuses, with its words
   */
  public static Map<String, Object> settings(NodeConfig config)
      throws IOException, InterruptedException {
    var runner = config.cluster().runner();
    if (runner.isEmpty()
        || runner.get().server().isEmpty()
        || !(config.cluster().formation() instanceof Formation.Alone)) {
      return Map.of();
    }
    var server = runner.get().server().get().replaceFirst("/+$", "");
    var secret =
        config
            .auth()
            .internalSecret()
            .map(Secret::reveal)
            .orElseThrow(
                () ->
                    new IOException(
                        "ASH_INTERNAL_SECRET: nothing (expected: the secret of the coordinator at "
                            + server
                            + ")"));
    var answer = ask(server, secret, body(config, runner.get()));
    var settings = new HashMap<String, Object>();
    settings.put(
        "ash.cluster.seeds",
        answer.path("seeds").valueStream().map(JsonNode::asText).collect(Collectors.joining(",")));
    if (answer.hasNonNull("databaseUrl")) {
      settings.put("ash.database.url", answer.path("databaseUrl").asText());
    }
    return settings;
  }

  private static String body(NodeConfig config, Runner runner) {
    var body = Json.object();
    body.put("runnerId", runner.id().isEmpty() ? "runner" : runner.id());
    body.put("host", runner.advertiseHost().orElse(config.cluster().host()));
    body.put("port", config.http().port());
    body.put("maxSandboxes", config.sandbox().maxSandboxes());
    body.put("joins", true);
    body.put("wantsDatabase", config.database() instanceof DatabaseConfig.Sqlite);
    return body.toString();
  }

  private static JsonNode ask(String server, String secret, String body)
      throws IOException, InterruptedException {
    var request =
        HttpRequest.newBuilder(URI.create(server + "/api/internal/runners/register"))
            .timeout(PATIENCE)
            .header("Authorization", "Bearer " + secret)
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString(body))
            .build();
    var pause = Duration.ofSeconds(1);
    try (var client = HttpClient.newBuilder().connectTimeout(PATIENCE).build()) {
      while (true) {
        try {
          var response = client.send(request, BodyHandlers.ofString());
          if (response.statusCode() == 200) {
            return Json.parse(response.body())
                .orElseThrow(() -> new IOException(server + " answered no JSON"));
          }
          if (response.statusCode() < 500 || response.statusCode() == 501) {
            throw new RefusedException(
                "%s refused this runner: %d %s"
                    .formatted(server, response.statusCode(), response.body()));
          }
          LOG.warn("{} answered {}; asking again", server, response.statusCode());
        } catch (RefusedException e) {
          throw e;
        } catch (IOException e) {
          LOG.warn("ASH_SERVER_URL: {} does not answer ({}); asking again in {}", server, e, pause);
        }
        // Before there is an actor system: nobody else waits for this thread.
        LockSupport.parkNanos(pause.toNanos());
        if (Thread.interrupted()) {
          throw new InterruptedException();
        }
        pause =
            pause.multipliedBy(2).compareTo(LONGEST_PAUSE) < 0
                ? pause.multipliedBy(2)
                : LONGEST_PAUSE;
      }
    }
  }

  private static final class RefusedException extends IOException {
    private static final long serialVersionUID = 1L;

    RefusedException(String message) {
      super(message);
    }
  }
}
