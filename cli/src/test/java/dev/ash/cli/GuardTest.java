package dev.ash.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tags are shown, and go with changes. */
final class GuardTest {
  private static final String AGENT =
      "{\"agent\":{\"id\":\"1\",\"tenantId\":\"t\",\"path\":\"/a\",\"name\":\"x\",\"version\":2,"
          + "\"createdAt\":\"2026-01-01T00:00:00.000Z\",\"updatedAt\":\"2026-01-01T00:00:00.000Z\"}}";
  private static final String BUDGET =
      "{\"owner\":\"tenant\",\"scope\":\"tenant\",\"window\":\"day\",\"tokens\":7}";

  private final StubServer server = new StubServer();
  private @TempDir Path home;
  private Rig rig = new Rig(Path.of("/"));

  @BeforeEach
  void setUp() throws IOException {
    rig = new Rig(home).server(server);
    Files.writeString(Files.createDirectory(home.resolve("x")).resolve("CLAUDE.md"), "# Me");
  }

  @AfterEach
  void tearDown() {
    server.close();
  }

  @ParameterizedTest
  @CsvSource({
    "agent info a, /api/agents/a, agent",
    "version show a 2, /api/agents/a/versions/2, version",
    "session show s1, /api/sessions/s1, session"
  })
  void showsTheTag(String command, String path, String field) {
    server.tagged("GET " + path, 200, "{\"" + field + "\":{\"x\":1}}", "\"a-1\"");

    assertThat(rig.run(command.split(" ")).out())
        .isEqualTo("{\n  \"x\": 1,\n  \"etag\": \"\\\"a-1\\\"\"\n}\n");
  }

  @ParameterizedTest
  @CsvSource({
    "deploy HOME/x, POST /api/agents",
    "agent delete a, DELETE /api/agents/a",
    "version activate a 2, POST /api/agents/a/versions/2/activate",
    "version delete a 2, DELETE /api/agents/a/versions/2",
    "session config s1 --model m, PATCH /api/sessions/s1/config",
    "budget set --scope tenant --window day --tokens 7, POST /api/budgets",
    "budget remove --scope tenant --window day, DELETE /api/budgets?scope=tenant&window=day"
  })
  void aChangeSaysForWhichStateItIsMeant(String command, String request) {
    server.on(request, 200, request.endsWith("budgets") ? BUDGET : AGENT);
    var words = command.replace("HOME", home.toString());

    assertThat(rig.run(words.split(" ")).exit()).isZero();
    assertThat(rig.run((words + " --if-match a-1").split(" ")).exit()).isZero();
    assertThat(rig.run((words + " --if-match \"a-1\"").split(" ")).exit()).isZero();
    assertThat(rig.run((words + " --if-match *").split(" ")).exit()).isZero();

    assertThat(server.requests())
        .extracting(StubServer.Request::ifMatch)
        .containsExactly(
            Optional.empty(), Optional.of("\"a-1\""), Optional.of("\"a-1\""), Optional.of("*"));
  }

  @ParameterizedTest
  @CsvSource({
    "deploy HOME/x, POST /api/agents",
    "budget set --scope tenant --window day --tokens 7, POST /api/budgets"
  })
  void whatIsOnlyToBeMadeSaysSo(String command, String request) {
    server.on(request, 200, request.endsWith("budgets") ? BUDGET : AGENT);
    var words = (command.replace("HOME", home.toString()) + " --if-absent").split(" ");

    assertThat(rig.run(words).exit()).isZero();

    assertThat(server.only().ifNoneMatch()).hasValue("*");
    var both = java.util.Arrays.copyOf(words, words.length + 2);
    both[words.length] = "--if-match";
    both[words.length + 1] = "a";
    assertThat(rig.run(both).err())
        .contains("Failed: --if-match and --if-absent (expected: one of them)");
    assertThat(server.requests()).hasSize(1);
  }

  @Test
  void tellsWhoCameTooLateWhatTheTagIs() {
    server.tagged(
        "DELETE /api/agents/a",
        412,
        "{\"error\":\"Changed meanwhile: the ETag is \\\"a-2\\\"\",\"statusCode\":412}",
        "\"a-2\"");

    assertThat(rig.run("agent", "delete", "a", "--if-match", "a-1"))
        .isEqualTo(
            new Rig.Result(
                1,
                "",
                "Failed: DELETE /api/agents/a failed (412): Changed meanwhile: the ETag is \"a-2\"\n"));
    assertThat(rig.run("agent", "delete", "a", "--if-match", "a b").err())
        .contains("--if-match: a b (expected: an etag as it was shown, or *)");
  }
}
