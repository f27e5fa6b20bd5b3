package dev.ash.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ash.gateway.server.Hashes;
import dev.ash.scriptedmodel.ScriptedModel;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** {@code truefoundry apply -f FILE}, literally, at a gateway that serves. */
@Timeout(120)
final class TrueFoundryCommandTest {
  private static final Map<String, String> PROVIDER = Map.of("ANTHROPIC_API_KEY", Rig.PROVIDER_KEY);

  @TempDir static Path folder;
  private static Checkout checkout;

  @RegisterExtension private final BothEnds ends = new BothEnds();
  private final HttpClient http = ends.http();
  private final ScriptedModel model = ends.model();

  @BeforeAll
  static void checkOut() throws Exception {
    checkout = Checkout.in(folder);
  }

  @Test
  void aGoodFileIsLiveWithoutARestartAndABadOneLeavesTheOldServing() throws Exception {
    var live = Files.writeString(folder.resolve("live.yaml"), file(100));
    var consumers =
        Files.writeString(
            folder.resolve("consumers.yaml"),
            "consumers: [{name: team-a, keys: [{hash: %s}]}]\n"
                .formatted(new Hashes(Optional.empty()).hash(Rig.TOKEN)));
    try (var gateway =
        Serving.start(
            PROVIDER,
            "--dialect",
            "truefoundry",
            "--config",
            live.toString(),
            "--consumers",
            consumers.toString())) {
      assertThat(limit(gateway)).contains("100");

      Files.writeString(folder.resolve("truefoundry-config.yaml"), file(9_000));
      var applied = truefoundry(live, "truefoundry apply -f truefoundry-config.yaml");
      assertThat(applied.code()).as(applied.output()).isZero();
      assertThat(applied.output()).contains("in place: " + live);
      soon(() -> limit(gateway).equals(Optional.of("9000")));

      var bad = file(1).replace("type: anthropic", "type: unheard-of");
      Files.writeString(folder.resolve("truefoundry-config.yaml"), bad);
      var refused = truefoundry(live, "truefoundry apply -f truefoundry-config.yaml");
      assertThat(refused.code()).isEqualTo(2);
      assertThat(refused.output()).contains("providers[0].type: unheard-of (expected: anthropic)");
      assertThat(live).hasContent(file(9_000));
      assertThat(limit(gateway)).contains("9000");
    }
  }

  @Test
  void worksThroughALinkAndSaysWhatIsMissing() throws Exception {
    var bin = Files.createDirectories(folder.resolve("bin"));
    Files.createSymbolicLink(bin.resolve("truefoundry"), folder.resolve("scripts/truefoundry"));
    Files.writeString(folder.resolve("next.yaml"), file(5));
    var live = folder.resolve("linked.yaml");
    var path = Map.of("PATH", bin + ":" + System.getenv("PATH"));
    var all = new HashMap<>(PROVIDER);
    all.putAll(path);

    var unplaced = checkout.run(all, "sh", "-c", "truefoundry apply -f next.yaml");
    assertThat(unplaced.code()).isEqualTo(2);
    assertThat(unplaced.output()).startsWith("Error: ASH_GATEWAY_CONFIG: not set");
    var other = checkout.run(all, "sh", "-c", "truefoundry login");
    assertThat(other.code()).isEqualTo(2);
    assertThat(other.output()).startsWith("Error: truefoundry login: not offered here");

    var placed = checkout.run(all, "sh", "-c", "truefoundry apply -f next.yaml --config " + live);
    assertThat(placed.code()).as(placed.output()).isZero();
    assertThat(live).hasContent(file(5));
  }

  private static Checkout.Ran truefoundry(Path live, String command) throws Exception {
    var environment = new HashMap<>(PROVIDER);
    environment.put("PATH", folder.resolve("scripts") + ":" + System.getenv("PATH"));
    environment.put("ASH_GATEWAY_CONFIG", live.toString());
    return checkout.run(environment, "sh", "-c", command);
  }

  private String file(int requests) {
    return """
    providers:
      - name: anthropic
        type: anthropic
        base_url: %s
        api_key: ${ANTHROPIC_API_KEY}
    rate_limits:
      - {name: team, requests_per_minute: %d}
    """
        .formatted(model.url(), requests);
  }

  private Optional<String> limit(Serving gateway) throws Exception {
    HttpResponse<String> answer =
        http.send(
            HttpRequest.newBuilder(URI.create(gateway.url() + "/v1/messages"))
                .header("authorization", "Bearer " + Rig.TOKEN)
                .POST(
                    BodyPublishers.ofString(
                        "{\"model\":\"m\",\"max_tokens\":9,\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]}"))
                .build(),
            BodyHandlers.ofString());
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return answer.headers().firstValue("x-ratelimit-limit");
  }

  private static void soon(java.util.concurrent.Callable<Boolean> condition) {
    Awaitility.await()
        .ignoreExceptionsInstanceOf(IOException.class)
        .atMost(Duration.ofSeconds(20))
        // Each look is a call, and 100 of them in a minute are refused.
        .pollInterval(Duration.ofMillis(700))
        .until(condition);
  }
}
