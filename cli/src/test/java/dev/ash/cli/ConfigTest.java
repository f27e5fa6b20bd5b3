package dev.ash.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is saved, for whom to read, and which server a command goes to. */
final class ConfigTest {
  private final StubServer server = new StubServer();
  private @TempDir Path home;
  private Rig rig = new Rig(Path.of("/"));

  @BeforeEach
  void setUp() {
    rig = new Rig(home);
    server.on("GET /health", 200, "{\"activeSessions\":2,\"pool\":{\"total\":1}}");
    server.on("GET /api/agents", 200, "{\"agents\":[]}");
  }

  @AfterEach
  void tearDown() {
    server.close();
  }

  @Test
  void onlyTheOwnerMayReadTheSavedKey() throws IOException {
    rig.run("connect", server.url(), "--api-key", "ash_k");

    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file())))
        .isEqualTo("rw-------");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(home.resolve(".ash"))))
        .isEqualTo("rwx------");
    assertThat(Json.parse(Files.readString(file())))
        .isEqualTo(Json.parse("{\"server_url\":\"" + server.url() + "\",\"api_key\":\"ash_k\"}"));
  }

  @Test
  void commandsGoToTheConnectedServerWithItsKey() {
    var connected = rig.run("connect", server.url() + "/", "--api-key", "ash_k");
    rig.run("agent", "list");

    assertThat(connected).isEqualTo(new Rig.Result(0, "Linked to " + server.url() + "\n", ""));
    assertThat(server.requests().getLast().authorization()).hasValue("Bearer ash_k");
  }

  @Test
  void theEnvironmentWins() {
    rig.run("connect", "http://127.0.0.1:1", "--api-key", "ash_k");
    rig.env("ASH_SERVER_URL", server.url()).env("ASH_API_KEY", "ash_env");
    rig.run("agent", "list");

    assertThat(server.requests().getLast().authorization()).hasValue("Bearer ash_env");
  }

  @Test
  void theKeyMayBeInAFile() throws IOException {
    var key = Files.writeString(home.resolve("key"), "ash_in-a-file\n");
    rig.env("ASH_SERVER_URL", server.url()).env("ASH_API_KEY_FILE", key.toString());
    rig.run("agent", "list");
    assertThat(server.requests().getLast().authorization()).hasValue("Bearer ash_in-a-file");

    Files.writeString(key, " \n");
    assertThatThrownBy(this::key)
        .hasMessage(
            "ASH_API_KEY_FILE: " + key + " is empty (expected: a file with nothing but the key)");
    Files.writeString(key, "k".repeat(5_000));
    assertThatThrownBy(this::key).hasMessageContaining(key + " is too long");
    Files.delete(key);
    assertThatThrownBy(this::key).hasMessageContaining(key + " cannot be read");
    // Whoever asks no server needs no key.
    assertThat(rig.run("--help").exit()).isZero();
    rig.env("ASH_API_KEY_FILE", "/dev/zero");
    assertThatThrownBy(this::key).hasMessageContaining("/dev/zero is too long");
    rig.env("ASH_API_KEY", "ash_env");
    assertThatThrownBy(this::key)
        .hasMessage("ASH_API_KEY: set, and so is ASH_API_KEY_FILE (expected: only one of them)");
  }

  private Optional<String> key() {
    return rig.settings().apiKey().get();
  }

  @Test
  void savesAServerThatDoesNotAnswerYetAndSaysSo() {
    server.close();

    var result = rig.run("connect", server.url(), "--api-key", "k");

    assertThat(result.exit()).isZero();
    assertThat(result.err()).startsWith("Saved, but it cannot be used yet: nothing answers");
    assertThat(rig.config().serverUrl()).hasValue(server.url());
  }

  @Test
  void doesNotSendTheLocalKeyToAnotherServer() {
    rig.config().saveLocalKey("ash_local");

    rig.run("connect", server.url());
    rig.run("agent", "list");

    assertThat(server.requests().getLast().authorization()).isEmpty();
    assertThat(rig.config().localApiKey()).hasValue("ash_local");
  }

  @Test
  void disconnectingGoesBackToTheLocalKey() {
    rig.config().saveLocalKey("ash_local");
    rig.run("connect", server.url(), "--api-key", "ash_k");

    var result = rig.run("disconnect");

    assertThat(result.out()).isEqualTo("Unlinked from " + server.url() + "\n");
    assertThat(rig.config().apiKey()).hasValue("ash_local");
    assertThat(rig.config().serverUrl()).isEmpty();
    assertThat(rig.run("disconnect").out()).isEqualTo("Not linked to a server.\n");
  }

  @Test
  void keepsFieldsItDoesNotKnow() throws IOException {
    Files.createDirectories(home.resolve(".ash"));
    Files.writeString(file(), "{\"other\":1}");

    rig.run("connect", server.url(), "--api-key", "k");

    assertThat(Json.parse(Files.readString(file())).path("other").asInt()).isEqualTo(1);
  }

  @Test
  void refusesAConfigItCannotRead() throws IOException {
    Files.createDirectories(home.resolve(".ash"));
    Files.writeString(file(), "not json");

    var result = rig.run("health");

    assertThat(result.exit()).isEqualTo(1);
    assertThat(result.err()).contains("config: " + file() + " (expected: a JSON object)");
  }

  @Test
  void aFirstStartTakesOverTheKeyAndRemovesTheFile() throws IOException {
    var data = Files.createDirectories(home.resolve("data"));
    Files.writeString(data.resolve("initial-api-key"), "ash_new\n");

    var result = awaitNode(data);

    assertThat(result)
        .isEqualTo(
            new Rig.Result(
                0,
                """
                Waiting for server to be ready...

                API key auto-generated and saved to ~/.ash/config.json
                  Key: ash_new

                Ash server is running.
                  URL:      %s
                  Data dir: ~/data
                """
                    .formatted(server.url()),
                ""));
    assertThat(rig.config().apiKey()).hasValue("ash_new");
    assertThat(data.resolve("initial-api-key")).doesNotExist();
  }

  @Test
  void aStartBesideAConnectedServerKeepsBothKeys() throws IOException {
    var data = Files.createDirectories(home.resolve("data"));
    Files.writeString(data.resolve("initial-api-key"), "ash_new");
    rig.run("connect", "http://127.0.0.1:1", "--api-key", "ash_remote");

    var result = awaitNode(data);

    assertThat(result.err()).contains("Commands go to http://127.0.0.1:1; ./ash disconnect");
    assertThat(rig.config().apiKey()).hasValue("ash_remote");
    assertThat(rig.config().localApiKey()).hasValue("ash_new");
  }

  @Test
  void aLaterStartSaysWhenTheKeyIsNotKnownHere() {
    rig.env("ASH_DATABASE_URL", "postgresql://ash:secret@db/ash?x=y");

    var result = awaitNode(home.resolve("data"));

    assertThat(result.out()).contains("  Database: postgresql://ash:***@db/ash\n");
    assertThat(result.err()).contains("No key for this node is saved here");
  }

  @Test
  void aNodeThatDiedIsNotWaitedFor() {
    server.close();

    var result =
        rig.run("await-node", "--url", server.url(), "--data-dir", home.toString(), "--pid", "0");

    assertThat(result.exit()).isEqualTo(1);
    assertThat(result.err()).isEqualTo("Failed: the node ended while it was starting\n");
  }

  @Test
  void aNodeThatDiedUnnoticedIsNotWaitedForEither() throws IOException {
    server.close();
    // The shell becomes a program that never asks for its child's end.
    var parent = new ProcessBuilder("sh", "-c", "sh -c 'echo $$' & exec sleep 60").start();
    try {
      var child = parent.inputReader().readLine();
      var stat = Path.of("/proc/" + child + "/stat");
      Awaitility.await().until(() -> Files.readString(stat).contains(") Z "));

      var result = rig.run("await-node", "--url", server.url(), "--data-dir", "x", "--pid", child);

      assertThat(result.err()).isEqualTo("Failed: the node ended while it was starting\n");
    } finally {
      parent.destroyForcibly();
    }
  }

  @Test
  void aNodeThatStaysSilentIsWaitedForOnlySoLong() {
    server.close();

    var result = awaitNode(home);

    assertThat(result.exit()).isEqualTo(1);
    assertThat(result.err()).isEqualTo("Failed: the node is not ready after 30 s\n");
  }

  @Test
  void statusShowsTheNode() {
    var result = rig.run("node-status", "--url", server.url(), "--pid", "7");

    assertThat(result.out())
        .startsWith("Container: running\n  ID:        pid 7\n")
        .contains("  Sessions:  2 active\n");
  }

  @Test
  void commandsFindTheNodeThatWasStartedHere() throws IOException {
    Files.createDirectories(home.resolve(".ash/run"));
    Files.writeString(home.resolve(".ash/run/node.url"), server.url());

    assertThat(rig.run("health").exit()).isZero();
  }

  private Rig.Result awaitNode(Path data) {
    return rig.run(
        "await-node",
        "--url",
        server.url(),
        "--data-dir",
        data.toString(),
        "--pid",
        Long.toString(ProcessHandle.current().pid()));
  }

  private Path file() {
    return home.resolve(".ash/config.json");
  }
}
