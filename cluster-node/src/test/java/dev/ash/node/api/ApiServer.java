package dev.ash.node.api;

import dev.ash.config.HttpConfig;
import dev.ash.config.NodeConfig;
import dev.ash.config.Secret;
import dev.ash.node.api.http.Endpoint;
import dev.ash.node.telemetry.NoMetrics;
import dev.ash.node.upload.Uploads;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.http.javadsl.Http;
import org.apache.pekko.http.javadsl.ServerBinding;
import org.apache.pekko.http.javadsl.settings.ServerSettings;

/** The API on a port of its own, with fakes behind it and a clock that stands still. */
final class ApiServer implements AutoCloseable {
  static final Instant NOW = Instant.parse("2026-11-22T01:02:08.394Z");
  private static final ActorSystem SYSTEM =
      ActorSystem.create(
          "api-test",
          NodeConfig.load(
              Map.of(
                  "pekko.actor.provider",
                  "local",
                  "pekko.loglevel",
                  "WARNING",
                  "pekko.jvm-shutdown-hooks",
                  "off",
                  "pekko.coordinated-shutdown.run-by-jvm-shutdown-hook",
                  "off",
                  "pekko.daemonic",
                  "on")));

  final FakeSessions sessions = new FakeSessions();
  final FakeBundles bundles = new FakeBundles();
  final FakeAttachments attachments = new FakeAttachments();
  final FakeAgents agents = new FakeAgents();
  final FakeQueue queue = new FakeQueue();
  final FakeCredentials credentials = new FakeCredentials();
  final FakeVersions versions = new FakeVersions();
  final FakeEvals evals = new FakeEvals();
  final FakeUsage usage = new FakeUsage();
  volatile Instant now = NOW;
  final Path data = Files.createTempDirectory("ash-api");
  final Uploads uploads =
      Uploads.open(
          data.resolve("uploads"), 200L << 20, 0, UUID::randomUUID, ForkJoinPool.commonPool());
  private final Api api;
  private final ServerBinding binding;

  ApiServer() throws Exception {
    this(config(List.of(), 1500, 20), Optional.of(new Secret("s3cret")));
  }

  ApiServer(HttpConfig config, Optional<Secret> internalSecret) throws Exception {
    InstantSource clock = () -> now;
    api =
        new Api(
            new Api.Ports(
                sessions,
                bundles,
                attachments,
                agents,
                versions,
                usage,
                evals,
                new FakeKeys(),
                credentials,
                queue,
                new FakeNodes(),
                new FakeSpending(),
                () -> "bwrap",
                () -> "extra 1\n",
                new NoMetrics(),
                uploads),
            config,
            Optional.of(new Secret("postgres://ash:pw@db/ash")),
            internalSecret,
            clock,
            "vm-21844");
    binding =
        Http.get(SYSTEM)
            .newServerAt("127.0.0.1", 0)
            .withSettings(Api.settings(ServerSettings.create(SYSTEM)))
            .bind(api.routes())
            .toCompletableFuture()
            .get(20, TimeUnit.SECONDS);
  }

  static HttpConfig config(List<String> origins, int requests, int creates) {
    return new HttpConfig(
        "127.0.0.1",
        0,
        origins,
        true,
        Duration.ofMillis(200),
        Duration.ofSeconds(5),
        Duration.ofMinutes(15),
        requests,
        creates,
        List.of(),
        1000,
        1L << 30);
  }

  List<Endpoint> endpoints() {
    return api.endpoints();
  }

  int port() {
    return binding.localAddress().getPort();
  }

  RawHttp.Reply get(String url) throws IOException {
    return send("GET", url, Map.of(), "");
  }

  RawHttp.Reply delete(String url) throws IOException {
    return send("DELETE", url, Map.of(), "");
  }

  RawHttp.Reply post(String url, String json) throws IOException {
    return send("POST", url, Map.of("Content-Type", "application/json"), json);
  }

  RawHttp.Reply post(String url) throws IOException {
    return send("POST", url, Map.of(), "");
  }

  RawHttp.Reply patch(String url, String json) throws IOException {
    return send("PATCH", url, Map.of("Content-Type", "application/json"), json);
  }

  /** With the default tenant's key unless the headers have one. */
  RawHttp.Reply send(String method, String url, Map<String, String> headers, String body)
      throws IOException {
    var all = new HashMap<>(Map.of("Authorization", "Bearer " + FakeKeys.KEY));
    all.putAll(headers);
    return RawHttp.send(port(), method, url, all, body.getBytes(StandardCharsets.UTF_8));
  }

  RawHttp.Reply anonymous(String method, String url, Map<String, String> headers)
      throws IOException {
    return RawHttp.send(port(), method, url, headers, new byte[0]);
  }

  @Override
  public void close() {
    var _ =
        binding
            .terminate(Duration.ofMillis(100))
            .toCompletableFuture()
            .orTimeout(20, TimeUnit.SECONDS)
            .join();
  }
}
