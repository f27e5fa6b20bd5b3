package dev.ash.gateway;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.awaitility.Awaitility;

/** {@code ash gateway serve} on a free port, until it is closed. */
final class Serving implements AutoCloseable {
  private static final String READY = "gateway on ";

  private final ByteArrayOutputStream err = new ByteArrayOutputStream();
  private final Thread thread;

  private Serving(Map<String, String> environment, InstantSource clock, String... options) {
    var args = new ArrayList<>(List.of("gateway", "serve", "--port", "0"));
    args.addAll(List.of(options));
    var world =
        new Surroundings(
            environment::get,
            new PrintStream(new ByteArrayOutputStream(), true, UTF_8),
            new PrintStream(err, true, UTF_8),
            clock,
            _ -> {},
            () -> UUID.randomUUID().toString(),
            Path.of("/nonexistent"),
            Optional::empty);
    thread =
        Thread.ofVirtual()
            .unstarted(
                () -> {
                  var _ = Tool.run(world, args.toArray(String[]::new));
                });
  }

  static Serving start(Map<String, String> environment, String... options) {
    return startAt(InstantSource.system(), environment, options);
  }

  /** One that has the time of whoever makes its keys. */
  static Serving startAt(InstantSource clock, Map<String, String> environment, String... options) {
    var serving = new Serving(environment, clock, options);
    serving.thread.start();
    Awaitility.await()
        .atMost(Duration.ofSeconds(60))
        .until(() -> !serving.thread.isAlive() || serving.said().contains(READY));
    assertThat(serving.said()).contains(READY);
    return serving;
  }

  String url() {
    return said()
        .lines()
        .filter(line -> line.startsWith(READY))
        .map(line -> line.substring(READY.length()))
        .findFirst()
        .orElseThrow();
  }

  /** Everything on its standard error so far. */
  String said() {
    return err.toString(UTF_8);
  }

  @Override
  public void close() {
    thread.interrupt();
    Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> !thread.isAlive());
  }

  /** A message of somebody with a key; single quotes in the text are quotes of its JSON. */
  HttpRequest message(String key, String text, boolean stream) {
    return HttpRequest.newBuilder(URI.create(url() + "/v1/messages"))
        .header("authorization", "Bearer " + key)
        .header("content-type", "application/json")
        .POST(
            BodyPublishers.ofString(
                "{\"model\":\"m\",\"max_tokens\":9,\"stream\":%b,\"messages\":[{\"role\":\"user\",\"content\":\"%s\"}]}"
                    .formatted(stream, text.replace("'", "\\\""))))
        .build();
  }
}
