package dev.ash.gateway;

import dev.ash.gateway.check.Finding;
import dev.ash.gateway.check.RateLimitTest;
import dev.ash.gateway.config.ConfigException;
import dev.ash.gateway.config.Parts;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "test-rate-limit",
    description = {
      "Tests a limit of requests a minute; sends up to 1.2 times the limit, one token each.",
      "Exit code: 0 the limit works, 1 it does not."
    },
    mixinStandardHelpOptions = true)
final class TestRateLimitCommand implements Callable<Integer> {
  private final Surroundings world;

  @Mixin private TargetOptions target = new TargetOptions();

  @Option(names = "--rpm", required = true, description = "The limit, in requests a minute.")
  private int rpm;

  @Option(names = "--verbose", description = "Shows the evidence.")
  private boolean verbose;

  TestRateLimitCommand(Surroundings world) {
    this.world = world;
  }

  @Override
  public Integer call()
      throws IOException, GeneralSecurityException, ConfigException, InterruptedException {
    if (rpm < 1 || rpm > Parts.MAX_REQUESTS) {
      throw new IllegalArgumentException(
          "--rpm: " + rpm + " (expected: 1 to " + Parts.MAX_REQUESTS + ")");
    }
    try (var client = target.client(world, world.pause())) {
      var outcome =
          new RateLimitTest(client, rpm, world.pause(), world.clock(), world.out()::println).run();
      var failed = false;
      for (var finding : outcome.findings()) {
        var mark =
            switch (finding.verdict()) {
              case PASS -> "✓ PASS";
              case FAIL -> "✗ FAIL";
              case SKIP -> "⚠ WARNING";
            };
        failed = failed || finding.verdict() == Finding.Verdict.FAIL;
        world.out().println(mark + " - " + finding.check() + ": " + finding.message());
        if (verbose && !finding.details().isEmpty()) {
          world.out().println("  Details: " + finding.details());
        }
      }
      world.out().println();
      world.out().println("Requests Made: " + outcome.made());
      world.out().println("Succeeded: " + outcome.succeeded());
      world.out().println("Rate Limited (429): " + outcome.limited());
      world.out().println();
      verdict(failed).forEach(world.out()::println);
      return failed ? 1 : 0;
    }
  }

  private static List<String> verdict(boolean failed) {
    return failed
        ? List.of(
            "✗ Rate limiting has issues",
            "",
            "Recommendations:",
            "- Count in a sliding window of 60 seconds, per consumer",
            "- Answer 429 when the limit is reached",
            "- Send Retry-After in whole seconds with every 429",
            "- Share the counters between the gateway's instances")
        : List.of("✓ Rate limiting is working correctly");
  }
}
