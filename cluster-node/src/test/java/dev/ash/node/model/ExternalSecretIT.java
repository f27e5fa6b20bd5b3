package dev.ash.node.model;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.ash.config.VaultConfig;
import dev.ash.node.e2e.StartedNode;
import dev.ash.node.e2e.StrictClient;
import dev.ash.node.faults.RealAgent;
import dev.ash.protocol.json.Json;
import dev.ash.scriptedmodel.ScriptedModel;
import java.io.IOException;
import java.net.http.HttpClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/**
 * Our samples of an ExternalSecret, read as the operator reads them: what Vault has becomes a
 * Secret, the Secret becomes environment and files as in a pod, and a node starts with that.
 */
@Tag("soak")
@Timeout(180)
final class ExternalSecretIT {
  private static final Path SAMPLES = Path.of("..", "deploy", "kubernetes");
  private static final String API_KEY = "ash-canary-api-key-of-vault";
  private static final String FIRST = "sk-canary-first-of-vault";
  private static final String SECOND = "sk-canary-second-of-vault";

  @TempDir private Path folder = Path.of("");
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final HttpClient http = HttpClient.newHttpClient();
  private FakeVault vault;
  private int version;

  @BeforeEach
  void start() throws IOException {
    vault = new FakeVault(System::nanoTime, threads);
    vault.secretIds.add("secret-id-canary-1");
    vault.secrets.put("ash/api-key", Map.of("value", API_KEY));
    vault.secrets.put("ash/anthropic-key", Map.of("value", FIRST));
  }

  @AfterEach
  void stop() {
    vault.close();
    http.close();
    threads.close();
  }

  @Test
  void aNodeStartsWithWhatVaultHasAndSeesARotation() throws IOException {
    var program = RealAgent.program();
    var secret = reconcile("external-secret-v1.yaml");
    assertThat(secret).isEqualTo(Map.of("ASH_API_KEY", API_KEY, "ANTHROPIC_API_KEY", FIRST));
    var volume = Files.createDirectory(folder.resolve("secrets"));
    mount(volume, secret);
    try (var model = ScriptedModel.start(ScriptedModel.Options.onPort(0));
        var node =
            StartedNode.start(
                Map.of(
                    "ASH_API_KEY",
                    secret.get("ASH_API_KEY"),
                    "ANTHROPIC_API_KEY_FILE",
                    volume.resolve("ANTHROPIC_API_KEY").toString(),
                    "ASH_REAL_SDK",
                    "1",
                    "CLAUDE_CODE_EXECUTABLE",
                    program.toString(),
                    "ANTHROPIC_BASE_URL",
                    model.url()))) {
      new StrictClient(node.url(), "not-" + API_KEY).get("/api/agents").expect(401);
      var client = new StrictClient(node.url(), API_KEY);
      client.post("/api/agents", "{\"name\":\"a\",\"systemPrompt\":\"# a\"}").expect(201);
      var session = client.createSession("a");
      assertThat(keysOf(model, client, session)).containsOnly(FIRST);

      vault.secrets.put("ash/anthropic-key", Map.of("value", SECOND));
      mount(volume, reconcile("external-secret-v1.yaml"));

      assertThat(keysOf(model, client, session)).containsOnly(SECOND);
    }
  }

  @Test
  void withoutAPropertyTheSpecifiedSampleGivesWhatLiesThereAsAWhole() throws IOException {
    assertThat(reconcile("external-secret.yaml"))
        .isEqualTo(
            Map.of(
                "ASH_API_KEY", "{\"value\":\"" + API_KEY + "\"}",
                "ANTHROPIC_API_KEY", "{\"value\":\"" + FIRST + "\"}"));
  }

  /** Which keys the model was shown during one turn. */
  private static Set<String> keysOf(ScriptedModel model, StrictClient client, String session) {
    var before = model.calls().size();
    try (var stream = client.send(session, "SCN:[{\"text\":\"done\"}]")) {
      for (var next = stream.next(); next.isPresent(); next = stream.next()) {
        assertThat(next.get().event()).as(next.get().data()).isNotEqualTo("error");
      }
    }
    var keys = new HashSet<String>();
    model.calls().subList(before, model.calls().size()).stream()
        .map(call -> call.header("x-api-key").orElse("none"))
        .forEach(keys::add);
    assertThat(keys).isNotEmpty();
    return keys;
  }

  /** What the operator does every {@code refreshInterval}. */
  private Map<String, String> reconcile(String sample) throws IOException {
    var text = Files.readString(SAMPLES.resolve(sample));
    JsonNode object =
        Json.mapper().valueToTree(new Load(LoadSettings.builder().build()).loadFromString(text));
    assertThat(object.path("kind").asText()).isEqualTo("ExternalSecret");
    assertThat(object.at("/spec/target/name").asText()).isEqualTo("ash-secrets");
    var api = api();
    var login =
        api.post(
                "auth/approle/login",
                Optional.empty(),
                Map.of("role_id", FakeVault.ROLE_ID, "secret_id", "secret-id-canary-1"))
            .toCompletableFuture()
            .join();
    var token = login.body().at("/auth/client_token").asText();
    var data = new HashMap<String, String>();
    for (var entry : object.at("/spec/data")) {
      var key = entry.at("/remoteRef/key").asText();
      var path = key.replaceFirst("^secret/", "secret/data/");
      var fields = api.get(path, token).toCompletableFuture().join().body().at("/data/data");
      assertThat(fields.isObject()).as(key).isTrue();
      var property = entry.at("/remoteRef/property");
      data.put(
          entry.path("secretKey").asText(),
          property.isMissingNode() ? fields.toString() : fields.path(property.asText()).asText());
    }
    return data;
  }

  private VaultApi api() {
    return new VaultApi(
        new VaultConfig(
            vault.address(),
            Optional.empty(),
            new VaultConfig.Login.Kubernetes("kubernetes", "ash", Path.of("none"))),
        http);
  }

  /** As the kubelet does: a folder of its own for each version, and links that change at once. */
  private void mount(Path volume, Map<String, String> secret) throws IOException {
    version++;
    var name = "..version-" + version;
    var files = Files.createDirectory(volume.resolve(name));
    for (var entry : secret.entrySet()) {
      Files.writeString(files.resolve(entry.getKey()), entry.getValue());
      var link = volume.resolve(entry.getKey());
      if (!Files.isSymbolicLink(link)) {
        Files.createSymbolicLink(link, Path.of("..data", entry.getKey()));
      }
    }
    var next = Files.createSymbolicLink(volume.resolve("..data_tmp"), Path.of(name));
    Files.move(next, volume.resolve("..data"), StandardCopyOption.ATOMIC_MOVE);
  }
}
