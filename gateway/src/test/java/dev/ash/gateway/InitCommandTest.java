package dev.ash.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ash.scriptedmodel.ScriptedModel;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(60)
final class InitCommandTest {
  @TempDir Path folder;
  private final Rig.Clock clock = new Rig.Clock();
  private final List<String> asked = new ArrayList<>();
  private ScriptedModel model;
  private Path config;

  @BeforeEach
  void start() throws Exception {
    model = Rig.model();
    config = folder.resolve("gateway.yaml");
  }

  @AfterEach
  void stop() {
    model.close();
  }

  @Test
  void whatItWritesIsServedAndItsFirstKeyOpens() throws Exception {
    var ran = init("--provider-url", model.url(), "--consumer", "team b", "--port", "8123");

    assertThat(ran.code()).as(ran.err()).isZero();
    assertThat(ran.out())
        .matches(
            """
            export ANTHROPIC_BASE_URL='http://127.0.0.1:8123'
            export ANTHROPIC_AUTH_TOKEN='ash_[A-Za-z0-9_-]{32}'
            """);
    assertThat(ran.err())
        .contains("written: " + config + ", " + folder.resolve("gateway-keys.json"))
        .contains("export ANTHROPIC_API_KEY=", "ash gateway serve --config " + config);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(config)))
        .isEqualTo("rw-------");
    var environment = Map.of("ANTHROPIC_API_KEY", Rig.PROVIDER_KEY);
    try (var gateway = Serving.startAt(clock, environment, "--config", config.toString());
        var http = HttpClient.newHttpClient()) {
      var answer =
          http.send(
              HttpRequest.newBuilder(URI.create(gateway.url() + "/v1/messages"))
                  .header("authorization", "Bearer " + KeysCommandTest.text(ran))
                  .POST(
                      BodyPublishers.ofString(
                          "{\"model\":\"m\",\"max_tokens\":9,\"messages\":"
                              + "[{\"role\":\"user\",\"content\":\"hello\"}]}"))
                  .build(),
              BodyHandlers.ofString());
      assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
      assertThat(answer.headers().firstValue("x-ratelimit-limit")).contains("100");
    }
    var applied =
        Rig.run(
            environment,
            clock,
            _ -> {},
            "gateway",
            "apply",
            "--strict",
            "-f",
            config.toString(),
            "--config",
            folder.resolve("live.yaml").toString());
    assertThat(applied.code()).as(applied.err()).isZero();
  }

  @Test
  void writesOverNothingUnlessToldToAndKeepsTheKeysThen() throws Exception {
    Files.writeString(config, "mine\n");
    var refused = init("--yes");
    assertThat(refused.code()).isEqualTo(2);
    assertThat(refused.err())
        .isEqualTo(
            "Error: --config: %s is there (expected: another file, or --force to write over it)\n"
                .formatted(config));
    assertThat(config).hasContent("mine");
    assertThat(folder.resolve("gateway-keys.json")).doesNotExist();

    var keys = folder.resolve("gateway-keys.json");
    var first = init("--yes", "--force");
    assertThat(first.code()).isZero();
    assertThat(first.err())
        .contains("written: " + config + " (over what was there), " + keys + "\n");
    assertThat(init("--yes").err())
        .endsWith("--force to write over it and to add a key to " + keys + ")\n");
    var second = init("--yes", "--force", "--consumer", "team-b");
    assertThat(second.code()).isZero();
    assertThat(second.err()).contains(keys + " (one key more; those that were there stay)\n");
    var listed =
        Rig.run(Map.of(), clock, _ -> {}, "gateway", "keys", "list", "--config", config.toString());
    assertThat(listed.out()).contains("team-a", "team-b");
    assertThat(folder).isDirectoryNotContaining("glob:**.next");
  }

  @Test
  void withoutATerminalItNamesEveryOptionThatIsMissing() {
    var ran = init("--consumer", "team-a");

    assertThat(ran.code()).isEqualTo(2);
    assertThat(ran.err())
        .startsWith("Error: --provider-url, --port: missing (expected: these options, or --yes");
    assertThat(config).doesNotExist();
  }

  @Test
  void atATerminalItAsksForTheRestAndAgainWhereItCannotBe() {
    var ran = at(List.of("ftp://x", "https://llm.example/v1", "", "99999", "9000"));

    assertThat(ran.code()).as(ran.err()).isZero();
    assertThat(asked)
        .containsExactly(
            "Address of the provider [https://api.anthropic.com]: ",
            "Address of the provider [https://api.anthropic.com]: ",
            "Who gets the first key [team-a]: ",
            "Port to listen on [8080]: ",
            "Port to listen on [8080]: ");
    assertThat(ran.err()).contains("--provider-url: ftp://x (expected: ", "--port: 99999");
    assertThat(config)
        .content()
        .contains("url: 'https://llm.example'", "name: 'team-a'", "port: 9000");
  }

  @Test
  void stopsWhereNobodyTypesAnyMore() {
    var ran = at(List.of("https://llm.example"));

    assertThat(ran.code()).isEqualTo(2);
    assertThat(ran.err())
        .isEqualTo(
            "Error: --consumer: end of input (expected: an answer, this option, or --yes)\n");
    assertThat(config).doesNotExist();
  }

  @Test
  void doesNotTakeAwayWhatTheKeysThatAreThereWereHashedWith() throws Exception {
    assertThat(init("--yes").code()).isZero();
    var peppered =
        Files.readString(config) + "access: {pepper: '${file:/nonexistent/canary-pepper}'}\n";
    Files.writeString(config, peppered);

    var ran = init("--yes", "--force");
    assertThat(ran.code()).isEqualTo(2);
    assertThat(ran.err()).startsWith("Error: --force: " + config + " has access.pepper");
    assertThat(config).hasContent(peppered);
    assertThat(ran.out()).isEmpty();
  }

  @Test
  void writesNothingWhereTheKeyStoreIsBroken() throws Exception {
    var keys = Files.writeString(folder.resolve("gateway-keys.json"), "");

    var ran = init("--yes");
    assertThat(ran.code()).isEqualTo(2);
    assertThat(ran.err()).contains(keys + ": empty (expected: a key store");
    assertThat(config).doesNotExist();
  }

  @Test
  void givesUpAfterThreeAnswersThatCannotBe() {
    var ran = at(List.of("a", "b", "c"));

    assertThat(ran.code()).isEqualTo(2);
    assertThat(ran.err()).contains("Error: --provider-url: c (expected: ");
    assertThat(config).doesNotExist();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--port|0|--port: 0 (expected: a number from 1 to 65535)",
        "--port|x|--port: x (expected: a number from 1 to 65535)",
        "--consumer|a'b|--consumer: 'a'b' (expected: a name",
        "--provider-url|example.com|--provider-url: example.com (expected: an http or https",
      })
  void saysWhichOptionIsWrong(String option, String value, String message) {
    var ran = init("--yes", option, value);

    assertThat(ran.code()).isEqualTo(2);
    assertThat(ran.err()).startsWith("Error: " + message);
    assertThat(config).doesNotExist();
  }

  private Rig.Ran at(List<String> typed) {
    var answers = new ArrayDeque<>(typed);
    return Rig.run(
        Map.of(),
        clock,
        _ -> {},
        Optional.of(
            question -> {
              asked.add(question);
              return Optional.ofNullable(answers.pollFirst());
            }),
        "gateway",
        "init",
        "--config",
        config.toString());
  }

  private Rig.Ran init(String... options) {
    var line = new ArrayList<>(List.of("gateway", "init", "--config", config.toString()));
    line.addAll(List.of(options));
    return Rig.run(Map.of(), clock, _ -> {}, line.toArray(String[]::new));
  }
}
