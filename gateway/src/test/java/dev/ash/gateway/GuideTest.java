package dev.ash.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Runs every block of the guides that is marked {@code sh test}, as written, with the launcher. */
@Timeout(120)
final class GuideTest {
  private static final Path GUIDES = Checkout.REPOSITORY.resolve("docs/guides/enterprise");

  @TempDir static Path folder;
  private static Checkout checkout;

  @BeforeAll
  static void checkOut() throws Exception {
    checkout = Checkout.in(folder);
  }

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
    for (var program : List.of("python", "curl", "openssl")) {
      assumeTrue(
          !block.script().contains(program + " ") || Checkout.has(program),
          () -> program + " is not installed");
    }
    try (var model = Rig.model();
        var gateway = Rig.start(Rig.config(model.url(), ""));
        var brief = new BriefLimit()) {
      // A real limit needs minutes; this one is over after a second.
      var limited = block.script().contains("rate-limit");
      var ran =
          checkout.run(
              Map.of(
                  "GATEWAY_URL",
                  limited ? brief.url() : gateway.url(),
                  "GATEWAY_TOKEN",
                  Rig.TOKEN,
                  "GATEWAY_PORT",
                  Integer.toString(ValidateTest.freePort()),
                  "KONG_PORT",
                  Integer.toString(ValidateTest.freePort())),
              "sh",
              "-euc",
              block.script());

      assertThat(ran.code()).as(ran.output()).isZero();
      assertThat(ran.output()).contains(block.expected());
    }
  }

  static List<Block> blocks() throws Exception {
    var blocks = new ArrayList<Block>();
    try (var files = Files.list(GUIDES)) {
      for (var file : files.sorted().toList()) {
        read(file, blocks);
      }
    }
    assertThat(blocks).hasSizeGreaterThan(12);
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
