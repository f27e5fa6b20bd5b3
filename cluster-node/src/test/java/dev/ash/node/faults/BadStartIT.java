package dev.ash.node.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.ash.node.e2e.NodeProgram;
import dev.ash.node.e2e.StartedNode;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A node that cannot start says what was wrong and ends; one that can but lacks a part says so. */
final class BadStartIT {
  @TempDir Path temp;

  private record End(int code, String output) {}

  /** Runs a node that is expected to give up by itself. */
  private End run(Map<String, String> env) throws IOException, InterruptedException {
    var all = new HashMap<>(env);
    all.putIfAbsent("ASH_DATA_DIR", temp.resolve("data").toString());
    all.putIfAbsent("ASH_PORT", "0");
    all.putIfAbsent("ASH_REMOTING_PORT", "0");
    all.putIfAbsent("ASH_MANAGEMENT_PORT", "0");
    all.putIfAbsent("ASH_HOST", "127.0.0.1");
    all.putIfAbsent("ASH_API_KEY", StartedNode.KEY);
    all.putIfAbsent("ASH_REAL_SDK", "0");
    all.putIfAbsent("PATH", "/usr/bin:/bin");
    var command = new ArrayList<String>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx256m"));
    command.add("--enable-native-access=ALL-UNNAMED");
    command.add("--sun-misc-unsafe-memory-access=allow");
    command.add("--add-opens=java.base/java.lang=ALL-UNNAMED");
    command.addAll(NodeProgram.FOUND.options());
    command.addAll(List.of("-cp", NodeProgram.FOUND.classPath(), "dev.ash.node.Main"));
    var output = temp.resolve("output.txt");
    var builder =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile());
    builder.environment().clear();
    builder.environment().putAll(all);
    var process = builder.start();
    try {
      assertThat(process.waitFor(60, TimeUnit.SECONDS))
          .as(() -> "it still runs: " + read(output))
          .isTrue();
      return new End(process.exitValue(), read(output));
    } finally {
      process.destroyForcibly();
    }
  }

  private static String read(Path file) {
    try {
      return Files.readString(file, StandardCharsets.UTF_8);
    } catch (IOException e) {
      return e.toString();
    }
  }

  /** The last word of a node that gave up: one line with all of these. */
  private static void assertRefused(End end, String... words) {
    assertThat(end.code()).as(end.output()).isEqualTo(1);
    assertThat(end.output().lines().filter(line -> line.startsWith("ash: ")))
        .as(end.output())
        .singleElement()
        .satisfies(line -> assertThat(line).contains(words));
  }

  @ParameterizedTest
  @CsvSource({
    "ASH_PORT, abc, ash.http.port",
    "ASH_PORT, 70000, ash.http.port",
    "ASH_MAX_SANDBOXES, 0, ASH_MAX_SANDBOXES",
    "ASH_IDLE_TIMEOUT_MS, soon, ash.sandbox.idle-timeout-ms",
    "ASH_SANDBOX_ISOLATION, maybe, ASH_SANDBOX_ISOLATION",
    "ASH_SANDBOX_NETWORK, some, ASH_SANDBOX_NETWORK",
    "ASH_SANDBOX_ALLOW, 10.0.0.0/4, ASH_SANDBOX_ALLOW",
    "ASH_DATABASE_URL, mysql://host/db, ASH_DATABASE_URL",
    "ANTHROPIC_BASE_URL, not a url, ANTHROPIC_BASE_URL",
  })
  void refusesABadValueByName(String name, String value, String key) throws Exception {
    assertRefused(run(Map.of(name, value)), key, value, "expected");
  }

  @Test
  void refusesAListThatNobodyWouldEnforce() throws Exception {
    assertRefused(
        run(Map.of("ASH_SANDBOX_NETWORK", "restricted", "ASH_SANDBOX_ISOLATION", "none")),
        "ASH_SANDBOX_NETWORK",
        "restricted with ASH_SANDBOX_ISOLATION=none",
        "expected");
  }

  @Test
  void saysThatTheDatabaseCannotBeReached() throws Exception {
    var end = run(Map.of("ASH_DATABASE_URL", "postgres://u:geheim@127.0.0.1:1/ash"));
    assertRefused(end, "127.0.0.1:1");
    assertThat(end.output()).doesNotContain("geheim");
  }

  @Test
  void saysThatThePortIsTaken() throws Exception {
    try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      var port = Integer.toString(taken.getLocalPort());
      assertRefused(run(Map.of("ASH_PORT", port)), port, "ASH_PORT");
    }
  }

  @Test
  void saysThatTheDataFolderCannotBeUsed() throws Exception {
    var file = Files.writeString(temp.resolve("file"), "");
    assertRefused(run(Map.of("ASH_DATA_DIR", file.toString())), file.toString(), "ASH_DATA_DIR");
  }

  @Test
  void saysThatTheAgentsProgramIsMissing() throws Exception {
    assertRefused(
        run(Map.of("ASH_REAL_SDK", "1", "CLAUDE_CODE_EXECUTABLE", "/nonexistent/claude")),
        "/nonexistent/claude",
        "CLAUDE_CODE_EXECUTABLE");
  }

  @Test
  void aSecondNodeLeavesTheDataFolderAlone() throws Exception {
    try (var first = StartedNode.start(Map.of())) {
      var end = run(Map.of("ASH_DATA_DIR", first.dataDir().toString()));
      assertRefused(end, first.dataDir().toString(), "another node");
      var client = first.client();
      client.post("/api/agents", "{\"name\":\"a\",\"systemPrompt\":\"# a\"}").expect(201);
      assertThat(client.say(client.createSession("a"), "hello"))
          .extracting(frame -> frame.event())
          .endsWith("done")
          .doesNotContain("error");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "ASH_BWRAP, /nonexistent/bwrap",
    "ASH_BRIDGE_HOME, /nonexistent/bridge",
  })
  void aTurnSaysWhichPartOfTheNodeIsMissing(String name, String value) throws Exception {
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/bwrap")), "bubblewrap is not installed");
    try (var node = StartedNode.start(Map.of(name, value))) {
      var client = node.client();
      client.post("/api/agents", "{\"name\":\"a\",\"systemPrompt\":\"# a\"}").expect(201);
      try (var turn = Watcher.of(client.send(client.createSession("a"), "hello"))) {
        var seen = turn.awaitEnd().frames();
        assertThat(seen).extracting(frame -> frame.event()).endsWith("error", "done");
        assertThat(seen.get(seen.size() - 2).data()).contains(value);
      }
      assertThat(node.output()).contains(value);
      client.get("/health").expect(200);
    }
  }

  @Test
  void aTurnSaysThatTheRealAgentIsNotInstalled() throws Exception {
    try (var node = StartedNode.start(Map.of("ASH_REAL_SDK", "1"))) {
      var client = node.client();
      client.post("/api/agents", "{\"name\":\"a\",\"systemPrompt\":\"# a\"}").expect(201);
      try (var turn = Watcher.of(client.send(client.createSession("a"), "hello"))) {
        var seen = turn.awaitEnd().frames();
        assertThat(seen).extracting(frame -> frame.event()).endsWith("error", "done");
        assertThat(seen.get(seen.size() - 2).data()).contains("CLAUDE_CODE_EXECUTABLE");
      }
    }
  }

  /** A program that ends at once, as one for another machine would. */
  @Test
  void aTurnSaysWhatTheAgentSaidBeforeItEnded() throws Exception {
    var program = temp.resolve("claude");
    Files.writeString(program, "#!/bin/sh\necho no such luck >&2\nexit 3\n");
    Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
    try (var node =
        StartedNode.start(
            Map.of("ASH_REAL_SDK", "1", "CLAUDE_CODE_EXECUTABLE", program.toString()))) {
      var client = node.client();
      client.post("/api/agents", "{\"name\":\"a\",\"systemPrompt\":\"# a\"}").expect(201);
      try (var turn = Watcher.of(client.send(client.createSession("a"), "hello"))) {
        var seen = turn.awaitEnd().frames();
        assertThat(seen).extracting(frame -> frame.event()).endsWith("error", "done");
        assertThat(seen.get(seen.size() - 2).data()).contains("exit code 3", "no such luck");
      }
    }
  }
}
