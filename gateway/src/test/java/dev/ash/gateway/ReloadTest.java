package dev.ash.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ash.gateway.server.Hashes;
import dev.ash.scriptedmodel.ScriptedModel;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** A gateway whose file changes while it serves. */
@Timeout(90)
final class ReloadTest {
  private static final String OTHER = "ash_other-key-of-the-same-team";

  @TempDir Path folder;
  @RegisterExtension private final BothEnds ends = new BothEnds();
  private final HttpClient http = ends.http();
  private final ScriptedModel model = ends.model();
  private Path file;

  @BeforeEach
  void start() throws Exception {
    file = Files.writeString(folder.resolve("gateway.yaml"), config(Rig.TOKEN, OTHER));
  }

  @Test
  void aRevokedKeyIsRefusedWithoutARestartAndTheOthersLimitsGoOn() throws Exception {
    try (var gateway = serve()) {
      assertThat(remaining(post(gateway, Rig.TOKEN, "hello"))).isEqualTo(99);
      assertThat(remaining(post(gateway, OTHER, "hello"))).isEqualTo(98);
      var streaming = stream(gateway);
      Files.writeString(file, config(OTHER));

      soon().until(() -> post(gateway, Rig.TOKEN, "hello").statusCode() == 401);
      // The calls of the loop before counted too; the counter did not begin anew.
      assertThat(remaining(post(gateway, OTHER, "hello"))).isLessThan(97);
      model.release("gate", 100);
      assertThat(rest(streaming)).contains("message_stop");
      assertThat(metrics(gateway)).contains("gateway_config_reloads_total{result=\"taken\"} 1.0");
    }
  }

  @Test
  void aBrokenFileChangesNothingAndIsTold() throws Exception {
    try (var gateway = serve()) {
      Files.writeString(file, config(OTHER).replace("requestsPerMinute", "requestPerMinute"));

      soon().until(() -> gateway.said().contains("stays in force"));
      assertThat(gateway.said()).contains("consumers[0].requestPerMinute: unknown (expected: ");
      assertThat(post(gateway, Rig.TOKEN, "hello").statusCode()).isEqualTo(200);
      Files.delete(file);
      soon().until(() -> gateway.said().split("stays in force", -1).length == 3);
      assertThat(post(gateway, Rig.TOKEN, "hello").statusCode()).isEqualTo(200);
      assertThat(metrics(gateway)).contains("gateway_config_reloads_total{result=\"refused\"} 2.0");
      Files.writeString(file, config(OTHER));
      soon().until(() -> post(gateway, Rig.TOKEN, "hello").statusCode() == 401);
    }
  }

  @Test
  void aSecretInAFileIsFollowedToo() throws Exception {
    var key = Files.writeString(folder.resolve("provider-key"), "old-key\n");
    Files.writeString(file, config(Rig.TOKEN).replace("${PROVIDER_KEY}", "${file:" + key + "}"));
    try (var gateway = serve()) {
      assertThat(post(gateway, Rig.TOKEN, "hello").statusCode()).isEqualTo(401);
      Files.writeString(key, Rig.PROVIDER_KEY + "\n");

      soon().until(() -> post(gateway, Rig.TOKEN, "hello").statusCode() == 200);
    }
  }

  @Test
  void aFileThatComesAfterTheOneThatNamesItIsWaitedFor() throws Exception {
    Files.writeString(file, unlimited("90000"));
    try (var gateway = serve()) {
      var late = folder.resolve("late-secret");
      Files.writeString(
          file, unlimited("90001").replace("${PROVIDER_KEY}", "${file:" + late + "}"));
      soon().until(() -> gateway.said().contains("stays in force"));
      Files.writeString(late, Rig.PROVIDER_KEY + "\n");

      soon()
          .until(
              () ->
                  post(gateway, OTHER, "hello")
                      .headers()
                      .firstValue("x-ratelimit-limit")
                      .equals(Optional.of("90001")));
      assertThat(gateway.said().split("stays in force", -1)).hasSize(2);
    }
  }

  @Test
  void whatIsSaidOfAFileThatStaysUnusableIsSaidOnce() throws Exception {
    var kong =
        """
        services: [{name: a, url: '%s'}]
        consumers: [{username: a, keyauth_credentials: [{key: %s}]}]
        """
            .formatted(model.url(), OTHER);
    Files.writeString(file, kong + "plugins: [{name: key-auth}]\n");
    try (var gateway =
        Serving.start(Map.of(), "--config", file.toString(), "--dialect", "KONG", "--strict")) {
      Files.writeString(file, kong + "plugins: [{name: key-auth}, {name: made-up}]\n");
      soon().until(() -> gateway.said().contains("stays in force"));

      Awaitility.await()
          .during(Duration.ofMillis(1600))
          .atMost(Duration.ofSeconds(10))
          .until(() -> told(gateway) == 1);
      assertThat(gateway.said().split("stays in force", -1)).hasSize(2);
    }
  }

  private static int told(Serving gateway) {
    return gateway.said().split("made-up", -1).length - 1;
  }

  @Test
  void noCallFailsWhileTheFileChanges() throws Exception {
    Files.writeString(file, unlimited("90000"));
    try (var gateway = serve();
        var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var over = new AtomicBoolean();
      var load =
          threads.submit(
              () -> {
                var calls = 0;
                while (!over.get()) {
                  var answer = post(gateway, OTHER, "hello");
                  assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
                  calls++;
                }
                return calls;
              });
      try {
        for (var limit = 90_001; limit <= 90_002; limit++) {
          var wanted = Integer.toString(limit);
          Files.writeString(file, unlimited(wanted));
          soon()
              .until(
                  () ->
                      load.isDone()
                          || post(gateway, OTHER, "hello")
                              .headers()
                              .firstValue("x-ratelimit-limit")
                              .equals(Optional.of(wanted)));
          Files.writeString(file, "upstreams: [");
          var broken = limit - 90_000;
          soon()
              .until(
                  () ->
                      load.isDone() || gateway.said().split("stays in force", -1).length > broken);
        }
      } finally {
        over.set(true);
      }
      assertThat(load.get()).isPositive();
    }
  }

  @Test
  void applyChecksAFileAndPutsItInPlaceAsAWhole() throws Exception {
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-----"));
    var next = Files.writeString(folder.resolve("next.yaml"), config(OTHER));
    var broken = Files.writeString(folder.resolve("broken.yaml"), config(OTHER) + "nonsense: 1\n");
    try (var gateway = serve()) {
      var refused = apply(broken);
      assertThat(refused.code()).isEqualTo(2);
      assertThat(refused.err()).contains("nonsense: unknown");
      assertThat(file).hasContent(config(Rig.TOKEN, OTHER));

      assertThat(apply(next)).isEqualTo(new Rig.Ran(0, "in place: " + file + "\n", ""));
      assertThat(file).hasContent(config(OTHER));
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
          .isEqualTo("rw-r-----");
      soon().until(() -> post(gateway, Rig.TOKEN, "hello").statusCode() == 401);
      assertThat(folder).isDirectoryNotContaining("glob:**.next");
    }
  }

  private Rig.Ran apply(Path next) {
    return Rig.run(
        Map.of("PROVIDER_KEY", Rig.PROVIDER_KEY),
        java.time.InstantSource.system(),
        _ -> {},
        "gateway",
        "apply",
        "-f",
        next.toString(),
        "--config",
        file.toString());
  }

  private Serving serve() {
    return Serving.start(Map.of("PROVIDER_KEY", Rig.PROVIDER_KEY), "--config", file.toString());
  }

  private String unlimited(String limit) {
    return config(OTHER).replace("requestsPerMinute: 100", "requestsPerMinute: " + limit);
  }

  private String config(String... keys) {
    var hashes = new StringBuilder();
    for (var key : keys) {
      hashes.append("{hash: ").append(new Hashes(Optional.empty()).hash(key)).append("},");
    }
    return """
        upstreams:
          - name: model
            url: %s
            credential: {header: x-api-key, value: '${PROVIDER_KEY}'}
        consumers:
          - name: team-a
            keys: [%s]
            requestsPerMinute: 100
        limits: {badKeysPerMinute: 10000}
        """
        .formatted(model.url(), hashes);
  }

  private static ConditionFactory soon() {
    return Awaitility.await().atMost(Duration.ofSeconds(20)).pollInterval(Duration.ofMillis(100));
  }

  private static int remaining(HttpResponse<String> answer) {
    return Integer.parseInt(answer.headers().firstValue("x-ratelimit-remaining").orElseThrow());
  }

  private String metrics(Serving gateway) throws Exception {
    return http.send(
            HttpRequest.newBuilder(URI.create(gateway.url() + "/metrics")).build(),
            BodyHandlers.ofString())
        .body();
  }

  private HttpResponse<String> post(Serving gateway, String key, String text) throws Exception {
    return http.send(gateway.message(key, text, false), BodyHandlers.ofString());
  }

  /** A stream of the key that is about to be revoked, which waits at a gate. */
  private BufferedReader stream(Serving gateway) throws Exception {
    var answer =
        http.send(
            gateway.message(
                Rig.TOKEN, "SCN:[{'text':'one two three','chunk':4,'gate':'gate'}]", true),
            BodyHandlers.ofInputStream());
    assertThat(answer.statusCode()).isEqualTo(200);
    return new BufferedReader(new InputStreamReader(answer.body(), StandardCharsets.UTF_8));
  }

  private static String rest(BufferedReader stream) throws Exception {
    try (stream) {
      return stream.readAllAsString();
    }
  }
}
