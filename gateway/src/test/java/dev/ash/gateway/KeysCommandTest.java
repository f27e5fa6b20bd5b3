package dev.ash.gateway;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(60)
final class KeysCommandTest {
  private static final String EXPORTS =
      """
      export ANTHROPIC_BASE_URL='https://gateway.example.com'
      export ANTHROPIC_AUTH_TOKEN='(ash_[A-Za-z0-9_-]{32})'
      """;

  @TempDir Path folder;
  private final Rig.Clock clock = new Rig.Clock();
  private Path config;

  @BeforeEach
  void write() throws Exception {
    config =
        Files.writeString(
            folder.resolve("gateway.yaml"),
            """
            listen: {port: 8080, publicUrl: 'https://gateway.example.com/v1'}
            upstreams: [{name: a, url: 'http://127.0.0.1:1', credential: {value: '${NOT_SET_HERE}'}}]
            consumers: [{name: team-a}]
            keyStore: {file: keys.json}
            """);
  }

  @Test
  void createPrintsTwoLinesForTheCallersShellAndTheKeyNeverAgain() {
    var ran = keys("create", "--consumer", "team-a", "--label", "laptop");

    assertThat(ran.code()).as(ran.err()).isZero();
    assertThat(ran.out()).matches(EXPORTS);
    assertThat(ran.err())
        .matches("key-[0-9a-f]{12} of team-a ends at 2027-02-20T00:00:00Z; .* shown this once\n");
    var listed = keys("list");
    assertThat(listed.out()).contains("laptop").doesNotContain(text(ran));
    assertThat(folder.resolve("keys.json")).content().doesNotContain(text(ran));
  }

  @Test
  void listShowsStatesAndWarnsOfKeysInTheirLastWeek() {
    var id = id(keys("create", "--consumer", "team-a"));
    var other = id(keys("create", "--consumer", "team-b", "--expires", "10d"));
    clock.pass(Duration.ofDays(4));
    var ended = id(keys("create", "--consumer", "team-c", "--expires", "1h"));
    var revoked = id(keys("create", "--consumer", "team-d"));
    assertThat(keys("revoke", revoked).out()).isEqualTo(revoked + " revoked\n");
    clock.pass(Duration.ofHours(2));

    var ran = keys("list");

    assertThat(ran.out().lines().map(line -> line.replaceAll(" +", " ")))
        .containsExactly(
            "ID CONSUMER CREATED EXPIRES STATE",
            id + " team-a 2026-11-22T00:00:00Z 2027-02-20T00:00:00Z active",
            other + " team-b 2026-11-22T00:00:00Z 2026-12-02T00:00:00Z ending",
            ended + " team-c 2026-11-26T00:00:00Z 2026-11-26T01:00:00Z expired",
            revoked + " team-d 2026-11-26T00:00:00Z 2027-02-24T00:00:00Z revoked");
    assertThat(ran.err())
        .isEqualTo(
            "warning: %1$s of team-b ends in 5 d; renew it with: ash gateway keys rotate %1$s\n"
                .formatted(other));
  }

  @Test
  void anAddressWithAnApostropheIsOneWordOfTheShell() throws Exception {
    var ran = keys("create", "--consumer", "team-a", "--url", "https://gw.example/it's;exit");
    var script = Files.writeString(folder.resolve("exports.sh"), ran.out());
    var shell =
        new ProcessBuilder("sh", "-c", ". " + script + "; printf %s \"$ANTHROPIC_BASE_URL\"")
            .redirectErrorStream(true)
            .start();

    assertThat(new String(shell.getInputStream().readAllBytes(), UTF_8))
        .isEqualTo("https://gw.example/it's;exit");
    assertThat(shell.waitFor()).isZero();
  }

  @Test
  void rotateMakesAnotherAndSaysWhenTheOldOneEnds() {
    var id = id(keys("create", "--consumer", "team-a"));

    var ran = keys("rotate", id, "--overlap", "2h");

    assertThat(ran.out()).matches(EXPORTS);
    assertThat(ran.err()).endsWith(id + " ends at 2026-11-22T02:00:00Z\n");
    assertThat(keys("list").out()).contains("ending, renewed by " + id(ran));
    var again = keys("rotate", id);
    assertThat(again.code()).isEqualTo(2);
    assertThat(again.err()).contains("id: " + id + " was renewed (expected: " + id(ran) + ")");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "revoke key-0 | Error: id: key-0 (expected: one of the key store)",
        "rotate key-0 | Error: id: key-0 (expected: one of the key store)",
        "create | Error: Missing required option: '--consumer",
        "create --consumer team-a --expires soon | Error: --expires: soon (expected: a time",
        "create --consumer team-a --expires 9999d | Error: --expires: 9999d (expected: at most",
        "create --consumer team-a --label x\u200By | Error: --label: 'x?y' (expected: at most 200",
        "create --consumer a'b | Error: --consumer: 'a'b' (expected: a name",
        "create --consumer team-a --url example.com | Error: --url: example.com (expected: an http",
      })
  void saysWhatIsWrong(String line, String message) {
    var ran = keys(line.split(" ", -1));

    assertThat(ran.code()).isEqualTo(2);
    assertThat(ran.err()).startsWith(message);
    assertThat(folder.resolve("keys.json")).doesNotExist();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "listen: {port: 8080}| http://127.0.0.1:8080",
        "listen: {port: 8080, basePath: /anthropic/}| http://127.0.0.1:8080/anthropic",
        "listen: {host: '::1', port: 80}| http://[::1]:80",
        "listen: {host: 0.0.0.0, port: 80}| Error: listen.host: 0.0.0.0 is every address",
        "listen: {host: gw.example, port: 443, tls: {certificate: c, key: k}}| https://gw.example:443",
        "listen: {}| Error: listen.port: 0 (expected: a port, or listen.publicUrl)",
        "listen: {publicUrl: 'https://gw.example/llm/v1/'}| https://gw.example/llm",
      })
  void urlIsWhatCallersCall(String listen, String expected) throws Exception {
    Files.writeString(config, listen + "\nkeyStore: {file: keys.json}\n");
    var ran = run("gateway", "url", "--config", config.toString());

    assertThat(ran.out() + ran.err()).startsWith(expected);
    assertThat(ran.code()).isEqualTo(expected.startsWith("Error") ? 2 : 0);
    var create = keys("create", "--consumer", "team-a");
    if (create.code() == 0) {
      assertThat(create.out()).contains("ANTHROPIC_BASE_URL='" + expected + "'");
    } else {
      // Whoever got a key could not be told where to use it, so none is made.
      assertThat(create.err()).startsWith(expected);
      assertThat(folder.resolve("keys.json")).doesNotExist();
    }
  }

  @Test
  void saysThatAConfigurationHasNoKeyStore() throws Exception {
    Files.writeString(config, "listen: {port: 8080}\n");

    assertThat(keys("create", "--consumer", "team-a").err())
        .isEqualTo(
            "Error: keyStore: missing in %s (expected: keyStore: {file: FILE} in it)\n"
                .formatted(config));
  }

  @Test
  void urlTakesTheOptionsOfServe() throws Exception {
    Files.writeString(config, "listen: {}\n");

    assertThat(
            run(
                    "gateway",
                    "url",
                    "--config",
                    config.toString(),
                    "--host",
                    "gw.example",
                    "--port",
                    "81")
                .out())
        .isEqualTo("http://gw.example:81\n");
  }

  @Test
  void aProgramWaitsForAnotherAndLosesNothingOfIt() throws Exception {
    assumeTrue(Files.isDirectory(Path.of("/proc/self/fd")), "shows which files a program has open");
    var mine = id(keys("create", "--consumer", "team-a"));
    var before = Files.readString(folder.resolve("keys.json"));
    var file = folder.resolve(".keys.json.lock");
    var log = folder.resolve("log");
    try (var channel = FileChannel.open(file, StandardOpenOption.WRITE);
        var lock = channel.lock()) {
      var process = creating(log);
      try {
        Awaitility.await().atMost(Duration.ofSeconds(40)).until(() -> hasOpen(process, file));
        assertThat(process.isAlive()).isTrue();
        assertThat(folder.resolve("keys.json")).hasContent(before);

        lock.release();
        assertThat(process.waitFor(40, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(Files.readString(log)).isZero();
      } finally {
        process.destroyForcibly();
      }
    }
    assertThat(keys("list").out()).contains(mine, "team-b");
  }

  private static boolean hasOpen(Process process, Path file) {
    try (var open = Files.newDirectoryStream(Path.of("/proc/" + process.pid() + "/fd"))) {
      for (var one : open) {
        if (Files.readSymbolicLink(one).equals(file.toRealPath())) {
          return true;
        }
      }
      return false;
    } catch (IOException | DirectoryIteratorException _) {
      // One was closed, or the program ended, while this looked.
      return false;
    }
  }

  private Process creating(Path log) throws IOException {
    return new ProcessBuilder(
            System.getProperty("java.home") + "/bin/java",
            "-XX:TieredStopAtLevel=1",
            "-cp",
            System.getProperty("java.class.path"),
            "dev.ash.gateway.Main",
            "gateway",
            "keys",
            "create",
            "--config",
            config.toString(),
            "--consumer",
            "team-b")
        .redirectErrorStream(true)
        .redirectOutput(log.toFile())
        .start();
  }

  static String text(Rig.Ran made) {
    return made.out()
        .lines()
        .filter(line -> line.startsWith("export ANTHROPIC_AUTH_TOKEN="))
        .findFirst()
        .orElseThrow()
        .replaceAll("^[^']*'|'$", "");
  }

  static String id(Rig.Ran made) {
    assertThat(made.code()).as(made.err()).isZero();
    return made.err().substring(0, made.err().indexOf(' '));
  }

  private Rig.Ran keys(String... args) {
    var line = new ArrayList<>(List.of("gateway", "keys"));
    line.addAll(List.of(args));
    line.addAll(List.of("--config", config.toString()));
    return run(line.toArray(String[]::new));
  }

  private Rig.Ran run(String... line) {
    return Rig.run(Map.of(), clock, _ -> {}, line);
  }
}
