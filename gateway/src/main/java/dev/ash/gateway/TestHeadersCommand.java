package dev.ash.gateway;

import dev.ash.gateway.check.Finding;
import dev.ash.gateway.check.HeaderTest;
import dev.ash.gateway.config.ConfigException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "test-headers",
    description = {
      "Tests whether the headers of Claude Code get through, one by one.",
      "Exit code: 0 all passed, 1 some failed, 2 unknown."
    },
    exitCodeOnInvalidInput = 1,
    mixinStandardHelpOptions = true)
final class TestHeadersCommand implements Callable<Integer> {
  private final Surroundings world;

  @Mixin private TargetOptions target = new TargetOptions();

  @Option(names = "--verbose", description = "Shows what was sent and what came back.")
  private boolean verbose;

  @Option(names = "--output", description = "Writes the lines to this file.")
  private @Nullable Path output;

  @Option(
      names = {"--probe-listen", "--echo"},
      description = "Listens on HOST:PORT in the provider's place and reads the headers back.")
  private @Nullable String probeListen;

  TestHeadersCommand(Surroundings world) {
    this.world = world;
  }

  @Override
  public Integer call()
      throws IOException, GeneralSecurityException, ConfigException, InterruptedException {
    try (var client = target.client(world, world.pause());
        var probe = TargetOptions.probe(probeListen).orElse(null)) {
      var findings =
          new HeaderTest(client, TargetOptions.probes(Optional.ofNullable(probe), client, world))
              .run();
      var lines = new ArrayList<String>();
      for (var finding : findings) {
        var mark =
            switch (finding.verdict()) {
              case PASS -> "✓";
              case FAIL -> "✗";
              case SKIP -> "○";
            };
        lines.add(mark + " " + finding.verdict() + " - " + finding.message());
        if (verbose) {
          finding.evidence().forEach(e -> lines.add("  Evidence: " + e));
        }
      }
      lines.add("");
      lines.add("Tests Run: " + findings.size());
      lines.add("Passed: " + count(findings, Finding.Verdict.PASS));
      lines.add("Failed: " + count(findings, Finding.Verdict.FAIL));
      lines.add("");
      var code = HeaderTest.exitCode(findings);
      lines.addAll(verdict(code));
      lines.forEach(world.out()::println);
      if (output != null) {
        Files.write(output, lines);
      }
      return code;
    }
  }

  private static List<String> verdict(int code) {
    return switch (code) {
      case 0 -> List.of("✓ All header forwarding tests PASSED");
      case 1 ->
          List.of(
              "✗ Some header forwarding tests FAILED",
              "",
              "Recommendations:",
              "- Forward every anthropic-* header unchanged, also those you do not know",
              "- Forward Content-Type and Accept unchanged",
              "- Replace Authorization by the provider's credential; never forward the client's",
              "- See docs/guides/enterprise/header-forwarding.md");
      default -> List.of("⚠ Cannot determine header forwarding status");
    };
  }

  private static long count(List<Finding> findings, Finding.Verdict verdict) {
    return findings.stream().filter(f -> f.verdict() == verdict).count();
  }
}
