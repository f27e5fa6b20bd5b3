package dev.ash.node;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ExecutionException;

/**
 * What the build runs once to record which classes a node loads, so that later starts find them in
 * the JVM's ahead-of-time cache: a node on a temporary folder that is asked a few things.
 */
final class Training {
  private static final String KEY = "ash_training_key_of_thirty_six_chars";

  private Training() {}

  static void run() throws IOException, InterruptedException, ExecutionException {
    var folder = Files.createTempDirectory("ash-train");
    try {
      Map<String, Object> settings = new HashMap<>();
      settings.put("ash.data-dir", folder.toString());
      settings.put("ash.http.host", "127.0.0.1");
      settings.put("ash.http.port", 0);
      settings.put("ash.cluster.remoting-port", 0);
      settings.put("ash.cluster.management.port", 0);
      settings.put("ash.auth.api-key", KEY);
      settings.put("ash.agent.real-sdk", "0");
      var node = Node.start(settings, Clock.systemUTC());
      try (var client = HttpClient.newHttpClient()) {
        use(client, "http://127.0.0.1:" + node.port());
      }
      node.stop().toCompletableFuture().get();
    } finally {
      delete(folder);
    }
  }

  private static void use(HttpClient client, String base) throws IOException, InterruptedException {
    ask(client, "GET", base + "/health", "");
    ask(client, "GET", base + "/metrics", "");
    ask(client, "POST", base + "/api/agents", "{\"name\":\"t\",\"systemPrompt\":\"train\"}");
    var created = ask(client, "POST", base + "/api/sessions", "{\"agent\":\"t\"}");
    var id = created.replaceFirst("(?s).*?\"id\":\"([0-9a-f-]{36})\".*", "$1");
    ask(client, "GET", base + "/api/sessions", "");
    ask(
        client,
        "POST",
        base + "/api/sessions/" + id + "/messages",
        "{\"content\":\"hello\",\"includePartialMessages\":true}");
    ask(client, "GET", base + "/api/sessions/" + id + "/messages", "");
    ask(client, "GET", base + "/api/sessions/" + id + "/events", "");
    ask(client, "GET", base + "/api/sessions/" + id + "/files", "");
    ask(client, "DELETE", base + "/api/sessions/" + id, "");
  }

  private static String ask(HttpClient client, String method, String url, String body)
      throws IOException, InterruptedException {
    var request =
        HttpRequest.newBuilder(URI.create(url))
            .header("Authorization", "Bearer " + KEY)
            .header("Content-Type", "application/json")
            .method(
                method,
                body.isEmpty()
                    ? HttpRequest.BodyPublishers.noBody()
                    : HttpRequest.BodyPublishers.ofString(body))
            .build();
    return client.send(request, BodyHandlers.ofString()).body();
  }

  private static void delete(Path folder) throws IOException {
    try (var paths = Files.walk(folder)) {
      for (var path : paths.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(path);
      }
    }
  }
}
