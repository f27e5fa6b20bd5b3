package dev.ash.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ash.scriptedmodel.ScriptedModel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Runs every block of the guides that is marked {@code sh test}, against our gateway. */
@Timeout(120)
final class GuideTest {
  private static final Path GUIDES =
      Path.of("..", "docs", "guides", "enterprise").toAbsolutePath().normalize();

  @TempDir Path folder;

  /** A block of commands, and lines that its output must have. */
  record Block(String guide, String script, List<String> expected) {
    @Override
    public String toString() {
      return guide + ": " + script.lines().findFirst().orElse("");
    }
  }

  @ParameterizedTest
  @MethodSource("blocks")
  void everyCommandOfTheGuidesWorks(Block block) throws Exception {
    try (var model =
            ScriptedModel.start(
                ScriptedModel.Options.onPort(0).requiringKey("canary-provider-key"));
        var gateway = Rig.start(Rig.config(model.url(), ""))) {
      var ash = folder.resolve("ash");
      Files.writeString(
          ash,
          "#!/bin/sh\nexec \"%s/bin/java\" -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -cp '%s' dev.ash.gateway.Main \"$@\"\n"
              .formatted(System.getProperty("java.home"), System.getProperty("java.class.path")));
      Files.setPosixFilePermissions(ash, PosixFilePermissions.fromString("rwx------"));
      var builder = new ProcessBuilder("sh", "-euc", block.script());
      builder.directory(folder.toFile()).redirectErrorStream(true);
      var environment = builder.environment();
      environment.put("PATH", folder + ":" + environment.get("PATH"));
      environment.put("HOME", folder.toString());
      environment.put("GATEWAY_URL", gateway.url());
      environment.put("GATEWAY_TOKEN", Rig.TOKEN);
      environment
          .keySet()
          .removeIf(name -> name.toLowerCase(java.util.Locale.ROOT).endsWith("_proxy"));
      var process = builder.start();
      var output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

      assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
      assertThat(process.exitValue()).as(output).isZero();
      assertThat(output).contains(block.expected());
    }
  }

  static List<Block> blocks() throws Exception {
    var blocks = new ArrayList<Block>();
    try (var files = Files.list(GUIDES)) {
      for (var file : files.sorted().toList()) {
        read(file, blocks);
      }
    }
    assertThat(blocks).hasSizeGreaterThan(7);
    return blocks;
  }

  private static void read(Path file, List<Block> blocks) throws Exception {
    var script = new StringBuilder();
    var expected = new ArrayList<String>();
    var in = "";
    var indent = 0;
    for (var line : Files.readAllLines(file)) {
      var text = line.strip();
      if (in.isEmpty() && text.equals("```sh test")) {
        flush(file, script, expected, blocks);
        in = "script";
        indent = line.indexOf('`');
      } else if (in.isEmpty() && text.equals("```text expect")) {
        in = "expected";
      } else if (text.equals("```")) {
        in = "";
      } else if (in.equals("script")) {
        script.append(line.substring(Math.min(indent, line.length()))).append('\n');
      } else if (in.equals("expected")) {
        expected.add(text);
      }
    }
    flush(file, script, expected, blocks);
  }

  private static void flush(
      Path file, StringBuilder script, List<String> expected, List<Block> blocks) {
    if (!script.isEmpty()) {
      blocks.add(
          new Block(String.valueOf(file.getFileName()), script.toString(), List.copyOf(expected)));
    }
    script.setLength(0);
    expected.clear();
  }
}
