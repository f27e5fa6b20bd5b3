package dev.ash.gateway;

import dev.ash.gateway.check.AuthDebug;
import dev.ash.gateway.config.ConfigException;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "debug-auth",
    description = {
      "Finds out step by step why a token is not accepted; never prints it.",
      "Exit code: 0 all good, 1 otherwise."
    },
    exitCodeOnInvalidInput = 1,
    mixinStandardHelpOptions = true)
final class DebugAuthCommand implements Callable<Integer> {
  private final Surroundings world;

  @Mixin private TargetOptions target = new TargetOptions();

  @Option(names = "--verbose", description = "Shows what was sent and what came back.")
  private boolean verbose;

  DebugAuthCommand(Surroundings world) {
    this.world = world;
  }

  @Override
  public Integer call()
      throws IOException, GeneralSecurityException, ConfigException, InterruptedException {
    try (var client = target.clientOfAnyToken(world)) {
      return new AuthDebug(client, world.clock(), verbose, world.out()::println).run() ? 0 : 1;
    }
  }
}
