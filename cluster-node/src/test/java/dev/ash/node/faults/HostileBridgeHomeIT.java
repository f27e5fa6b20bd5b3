package dev.ash.node.faults;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ash.node.e2e.StartedNode;
import dev.ash.node.e2e.StrictClient;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A whole node whose bridges have all been taken over by their agents. */
final class HostileBridgeHomeIT {
  @TempDir Path temp;

  /** A bridge's home with one jar, compiled from the hostile source. */
  private Path home() throws IOException {
    var source = Files.createDirectories(temp.resolve("src")).resolve("Main.java");
    try (var text = HostileBridgeHomeIT.class.getResourceAsStream("HostileMain.txt")) {
      Files.write(source, Objects.requireNonNull(text).readAllBytes());
    }
    var classes = Files.createDirectories(temp.resolve("classes"));
    var compiler = ToolProvider.getSystemJavaCompiler();
    assertThat(compiler.run(null, null, null, "-d", classes.toString(), source.toString()))
        .isZero();
    var home = temp.resolve("home");
    var jar = Files.createDirectories(home.resolve("lib")).resolve("ash-bridge.jar");
    try (var out = new JarOutputStream(Files.newOutputStream(jar))) {
      var name = "dev/ash/bridge/Main.class";
      out.putNextEntry(new JarEntry(name));
      out.write(Files.readAllBytes(classes.resolve(name)));
    }
    return home;
  }

  private static String sessionOf(StrictClient client, String mode) {
    var agent = StrictClient.object().put("name", mode);
    agent
        .putArray("files")
        .addObject()
        .put("path", "mode")
        .put("content", Base64.getEncoder().encodeToString(mode.getBytes(StandardCharsets.UTF_8)));
    agent.put("systemPrompt", "# hostile");
    client.post("/api/agents", agent.toString()).expect(201);
    return client.createSession(mode);
  }

  @Test
  void everyTurnEndsWithAClearErrorAndNothingOutsideIsTouched() throws Exception {
    try (var node = StartedNode.start(Map.of("ASH_BRIDGE_HOME", home().toString()))) {
      var client = node.client();
      var turns = new TreeMap<String, Watcher>();
      for (var mode : List.of("silent", "leaves", "garbage", "flood", "lies", "vanishes")) {
        turns.put(mode, Watcher.of(client.send(sessionOf(client, mode), "hello")));
      }
      for (var turn : turns.entrySet()) {
        var seen = turn.getValue().awaitEnd().frames();
        assertThat(seen)
            .as(turn.getKey() + turn.getValue().text())
            .extracting(frame -> frame.event())
            .endsWith("error", "done");
        assertThat(Evidence.count(seen, "done")).isEqualTo(1);
        assertThat(seen.get(seen.size() - 2).data())
            .as(turn.getKey())
            .containsAnyOf("bridge", "not saved");
        turn.getValue().close();
      }
      assertThat(node.isAlive()).isTrue();
      client.get("/health").expect(200);
      try (var files = Files.walk(node.dataDir().getParent())) {
        assertThat(files).noneMatch(file -> file.endsWith("evil-x"));
      }
    }
  }
}
