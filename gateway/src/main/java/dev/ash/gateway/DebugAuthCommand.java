package dev.ash.gateway;

import dev.ash.gateway.check.AuthDebug;
import dev.ash.gateway.config.ConfigException;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
    name = "debug-auth",
    description = {
      "Finds out step by step why a token is not accepted; never prints it.",
      "Exit code: 0 all good, 1 otherwise."
    },
    mixinStandardHelpOptions = true)
final class DebugAuthCommand implements Callable<Integer> {
  private final Surroundings world;

  @Mixin private TargetOptions target = new TargetOptions();

  DebugAuthCommand(Surroundings world) {
    this.world = world;
  }

  @Override
  public Integer call()
      throws IOException, GeneralSecurityException, ConfigException, InterruptedException {
    try (var client = target.client(world, world.pause())) {
      return new AuthDebug(client, world.clock(), world.out()::println).run() ? 0 : 1;
    }
  }
}
