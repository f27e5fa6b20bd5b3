package dev.ash.node.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What the description of the API shows as a request is one that the node answers as described. */
@ExtendWith(SharedNode.class)
final class OpenApiExamplesIT {
  private static final String AGENT = "support-agent";

  private final StrictClient client;

  OpenApiExamplesIT(StrictClient client) {
    this.client = client;
    AgentFolders.plain(client, AGENT);
  }

  @Test
  void everyExampleWorks() {
    var session = client.createSession(AGENT);
    client.exec(session, "true");
    var tried = 0;
    var paths = client.get("/docs/json").expect(200).json().get("paths");
    for (var path : paths.properties()) {
      for (var operation : path.getValue().properties()) {
        var example = operation.getValue().at("/requestBody/content/application~1json/example");
        if (example.isMissingNode()) {
          continue;
        }
        var url = path.getKey().replace("{name}", AGENT).replace("{id}", session);
        var method = operation.getKey().toUpperCase(Locale.ROOT);
        var answer =
            client.send(method, url, JSON, example.toString().getBytes(StandardCharsets.UTF_8));
        assertThat(operation.getValue().get("responses").has(String.valueOf(answer.status())))
            .as("%s %s: %s", method, url, answer)
            .isTrue();
        assertThat(answer.status()).as("%s %s: %s", method, url, answer).isLessThan(300);
        tried++;
      }
    }
    assertThat(tried).isGreaterThan(10);
  }

  private static final Map<String, String> JSON = Map.of("Content-Type", "application/json");
}
