package dev.ash.gateway;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.ash.gateway.check.Pause;
import dev.ash.gateway.config.ConfigException;
import dev.ash.gateway.config.ConfigFile;
import dev.ash.gateway.config.Expansion;
import dev.ash.gateway.config.GatewayConfig;
import dev.ash.gateway.config.Trees;
import dev.ash.gateway.server.GatewayServer;
import dev.ash.gateway.server.Hashes;
import dev.ash.scriptedmodel.ScriptedModel;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;

/** Runs commands and gateways in the test's own JVM. */
final class Rig {
  static final String TOKEN = FaultyGateway.TOKEN;

  /** What the model behind a gateway asks for, and no client has. */
  static final String PROVIDER_KEY = "canary-provider-key";

  /** What a command said and its exit code. */
  record Ran(int code, String out, String err) {}

  /** Time that passes when somebody waits. */
  static final class Clock implements InstantSource {
    private final AtomicReference<Instant> now =
        new AtomicReference<>(Instant.parse("2026-11-22T00:00:00Z"));

    @Override
    public Instant instant() {
      return now.get();
    }

    void pass(Duration time) {
      now.updateAndGet(t -> t.plus(time));
    }
  }

  private Rig() {}

  /** A model that takes nothing but the provider's key. */
  static ScriptedModel model() throws IOException {
    return ScriptedModel.start(ScriptedModel.Options.onPort(0).requiringKey(PROVIDER_KEY));
  }

  /** What {@code gateway explain} finds wrong with a file of this text. */
  static String explained(Path folder, String text) throws IOException {
    var file = Files.writeString(folder.resolve("gateway.yaml"), text);
    return run(
            Map.of("PROVIDER_KEY", PROVIDER_KEY),
            InstantSource.system(),
            _ -> {},
            "gateway",
            "explain",
            "--config",
            file.toString())
        .err();
  }

  static Ran run(String... args) {
    return run(Map.of(), InstantSource.system(), _ -> {}, args);
  }

  static Ran run(
      Map<String, String> environment, InstantSource clock, Pause pause, String... args) {
    return run(environment, clock, pause, Optional.empty(), args);
  }

  static Ran run(
      Map<String, String> environment,
      InstantSource clock,
      Pause pause,
      Optional<Surroundings.Terminal> terminal,
      String... args) {
    var out = new ByteArrayOutputStream();
    var err = new ByteArrayOutputStream();
    var code =
        Tool.run(
            new Surroundings(
                environment::get,
                new PrintStream(out, true, UTF_8),
                new PrintStream(err, true, UTF_8),
                clock,
                pause,
                () -> UUID.randomUUID().toString(),
                Path.of("/nonexistent"),
                () -> terminal),
            args);
    return new Ran(code, out.toString(UTF_8), err.toString(UTF_8));
  }

  static GatewayConfig config(String yaml) throws ConfigException {
    return new ConfigFile(
            new Expansion(Map.of("PROVIDER_KEY", PROVIDER_KEY)::get), Path.of("/nonexistent"))
        .read(Trees.yaml("test", yaml));
  }

  /** Our gateway in front of one upstream, with {@link #TOKEN} as the key of team-a. */
  static GatewayConfig config(String upstream, String more) throws ConfigException {
    return config(yaml(upstream, more));
  }

  static String yaml(String upstream, String more) {
    return """
    upstreams:
      - name: model
        url: %s
        credential: {header: x-api-key, value: '${PROVIDER_KEY}'}
    consumers:
      - name: team-a
        keys: [{hash: %s}]
        %s
    """
        .formatted(upstream, new Hashes(Optional.empty()).hash(TOKEN), more);
  }

  static GatewayServer start(GatewayConfig config) throws IOException, GeneralSecurityException {
    return start(config, InstantSource.system(), OutputStream.nullOutputStream());
  }

  static GatewayServer start(GatewayConfig config, InstantSource clock, OutputStream audit)
      throws IOException, GeneralSecurityException {
    return GatewayServer.start(
        config, new GatewayServer.World(clock, () -> UUID.randomUUID().toString(), audit));
  }
}
