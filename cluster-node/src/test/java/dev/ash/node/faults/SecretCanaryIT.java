package dev.ash.node.faults;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.ash.node.e2e.StartedNode;
import dev.ash.scriptedmodel.ScriptedModel;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * What the node shows to the model server is nowhere where an agent, a client or a reader of logs
 * could find it: not in the processes of a sandbox, and in no file, row, frame, log line or metric.
 */
final class SecretCanaryIT {
  private static final String KEY = "canary-key-5f1c0e";
  private static final String HEADER = "canary-header-77ab21";
  private static final String TOKEN = "canary-token-0d93fe";
  private static final String FILE_HEADER = "canary-file-header-c1b7f4";
  private static final List<String> CANARIES = List.of(KEY, HEADER, TOKEN, FILE_HEADER);

  /** A word of the conversation, which must be found, or the search proves nothing. */
  private static final String CONTROL = "CONTROLWORD8812";

  private static final Pattern WRITABLE = Pattern.compile("([0-9a-f]+)-([0-9a-f]+) rw.*");
  private static final int CHUNK = 1 << 20;

  @Test
  void noSecretOfTheNodeIsFoundAnywhere() throws IOException {
    RealAgent.program();
    var file = Files.writeString(Files.createTempFile("token", ""), TOKEN);
    var header = Files.writeString(Files.createTempFile("header", ""), FILE_HEADER);
    try (var model = ScriptedModel.start(0);
        var node = StartedNode.start(environment(model, file, header))) {
      node.client().post("/api/agents", "{\"name\":\"a\",\"systemPrompt\":\"# a\"}").expect(201);
      var session = node.client().createSession("a");
      var frames = new ArrayList<String>();
      node.client().say(session, CONTROL + " please").forEach(f -> frames.add(f.data()));
      node.client().say(session, "SCN:[{\"error\":400}]").forEach(f -> frames.add(f.data()));
      node.client()
          .say(session, "SCN:[{\"error\":{\"status\":529},\"times\":1,\"text\":\"then\"}]")
          .forEach(f -> frames.add(f.data()));

      assertTheModelSawThem(model);
      assertNotInProcesses(node);
      assertNone("frames", String.join("\n", frames));
      assertNone("log", node.output());
      for (var path :
          List.of(
              "/metrics",
              "/health",
              "/api/budgets",
              "/api/sessions/" + session + "/events",
              "/api/sessions/" + session + "/messages",
              "/api/sessions/" + session + "/logs",
              "/api/sessions/" + session + "/model-calls")) {
        assertNone(path, node.client().get(path).expect(200).text());
      }
      assertNotInFiles(node.dataDir());
    } finally {
      Files.delete(file);
      Files.delete(header);
    }
  }

  private static Map<String, String> environment(ScriptedModel model, Path token, Path header) {
    var env = new TreeMap<>(RealAgent.environment(model, Map.of()));
    env.put("ANTHROPIC_API_KEY", KEY);
    env.put("ANTHROPIC_AUTH_TOKEN_FILE", token.toString());
    env.put(
        "ANTHROPIC_CUSTOM_HEADERS",
        "x-gateway-secret: %s,x-team-id: red,x-file-secret: file://%s".formatted(HEADER, header));
    return env;
  }

  private static void assertTheModelSawThem(ScriptedModel model) {
    var call = model.calls().getLast();
    assertThat(call.header("x-api-key")).contains(KEY);
    assertThat(call.header("authorization")).contains("Bearer " + TOKEN);
    assertThat(call.header("x-gateway-secret")).contains(HEADER);
    assertThat(call.header("x-file-secret")).contains(FILE_HEADER);
    assertThat(call.header("x-team-id")).contains("red");
  }

  private static void assertNone(String where, String text) {
    for (var canary : CANARIES) {
      assertThat(text.contains(canary)).as("%s has %s", where, canary).isFalse();
    }
  }

  /** Environment, arguments and all memory that a process of the sandbox can write. */
  private static void assertNotInProcesses(StartedNode node) throws IOException {
    var inside = node.descendants();
    assertThat(inside).isNotEmpty();
    var controls = 0;
    var read = 0;
    for (var process : inside) {
      var proc = Path.of("/proc", Long.toString(process.pid()));
      try {
        for (var name : List.of("environ", "cmdline")) {
          assertNone(
              proc + "/" + name, new String(Files.readAllBytes(proc.resolve(name)), ISO_8859_1));
        }
        controls += memory(proc) ? 1 : 0;
        read++;
      } catch (IOException e) {
        // One that has left, or that this user may not look into.
      }
    }
    assumeTrue(read > 0, "this user may not read the memory of sandboxes");
    assertThat(controls).as("processes that hold the conversation").isPositive();
  }

  /** Whether the control word was found; fails when a canary is. */
  private static boolean memory(Path proc) throws IOException {
    var found = false;
    try (var memory = new RandomAccessFile(proc.resolve("mem").toFile(), "r")) {
      for (var line : Files.readAllLines(proc.resolve("maps"))) {
        var range = WRITABLE.matcher(line);
        if (range.matches()) {
          found |=
              region(
                  proc.toString(),
                  memory,
                  Long.parseUnsignedLong(range.group(1), 16),
                  Long.parseUnsignedLong(range.group(2), 16));
        }
      }
    }
    return found;
  }

  private static boolean region(String name, RandomAccessFile memory, long from, long to) {
    var found = false;
    var rest = "";
    for (var at = from; at < to; at += CHUNK) {
      var bytes = new byte[(int) Math.min(CHUNK, to - at)];
      try {
        memory.seek(at);
        memory.readFully(bytes);
      } catch (IOException e) {
        return found; // a hole, or memory of a device
      }
      // What lies across two chunks is found as well.
      var text = rest + new String(bytes, ISO_8859_1);
      assertNone(name, text);
      found |= text.contains(CONTROL);
      rest = text.substring(Math.max(0, text.length() - 64));
    }
    return found;
  }

  /** The database, its log, blobs, sandboxes, whatever there is. */
  private static void assertNotInFiles(Path folder) throws IOException {
    var searched = 0;
    List<Path> files;
    try (var all = Files.walk(folder)) {
      files = all.filter(f -> Files.isRegularFile(f, LinkOption.NOFOLLOW_LINKS)).toList();
    }
    for (var file : files) {
      assertNone(file.toString(), new String(Files.readAllBytes(file), ISO_8859_1));
      searched++;
    }
    assertThat(searched).isPositive();
  }
}
