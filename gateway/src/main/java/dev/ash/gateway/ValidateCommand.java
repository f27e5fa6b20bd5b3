package dev.ash.gateway;

import dev.ash.gateway.check.Report;
import dev.ash.gateway.check.Validator;
import dev.ash.gateway.config.ConfigException;
import dev.ash.gateway.config.Parts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "validate",
    description = {
      "Checks the seven criteria of a gateway for Claude Code.",
      "Exit code: 0 compatible, 1 not, 2 unknown."
    },
    mixinStandardHelpOptions = true)
final class ValidateCommand implements Callable<Integer> {
  private final Surroundings world;

  @Mixin private TargetOptions target = new TargetOptions();

  @Option(names = "--verbose", description = "Shows what was sent and what came back.")
  private boolean verbose;

  @Option(names = "--output", description = "Writes a JSON report to this file.")
  private @Nullable Path output;

  @Option(names = "--json", description = "Prints the JSON report and nothing else.")
  private boolean json;

  @Option(
      names = "--probe-listen",
      description = {
        "Listens on HOST:PORT in the provider's place. Point a route of the gateway at it:",
        "then everything is compared to the byte instead of guessed."
      })
  private @Nullable String probeListen;

  @Option(
      names = "--timeout-check",
      description = "Seconds of silence that the gateway must endure. Recommended: 65")
  private int timeoutCheck;

  @Option(
      names = "--timeout-prompt",
      description = "A prompt that keeps your model silent for that long.")
  private @Nullable String timeoutPrompt;

  @Option(names = "--stream-prompt", description = "The prompt of the streaming check.")
  private String streamPrompt = "Count to 40, one number a line";

  ValidateCommand(Surroundings world) {
    this.world = world;
  }

  @Override
  public Integer call()
      throws IOException, GeneralSecurityException, ConfigException, InterruptedException {
    try (var client = target.client(world, world.pause());
        var probe = TargetOptions.probe(probeListen).orElse(null)) {
      var extent =
          new Validator.Extent(
              TargetOptions.probes(Optional.ofNullable(probe), client, world),
              Duration.ofSeconds(timeoutCheck),
              Optional.ofNullable(timeoutPrompt),
              streamPrompt);
      var url = Parts.url("--url", client.url());
      var at = world.clock().instant();
      var quiet = new Report(url, at, java.util.List.of());
      if (!json) {
        quiet.head().forEach(world.out()::println);
      }
      var findings =
          new Validator(client, extent)
              .run(
                  line -> {
                    if (verbose && !json) {
                      world.out().println(line);
                    }
                  });
      var report = new Report(url, at, findings);
      if (json) {
        world.out().println(report.json());
      } else {
        report.lines(verbose).forEach(world.out()::println);
        report.summary().forEach(world.out()::println);
      }
      if (output != null) {
        Files.writeString(output, report.json() + "\n");
        if (!json) {
          world.out().println("Results exported to: " + output);
        }
      }
      return report.exitCode();
    }
  }
}
