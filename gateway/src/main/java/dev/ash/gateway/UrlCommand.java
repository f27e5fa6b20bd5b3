package dev.ash.gateway;

import dev.ash.gateway.config.ConfigException;
import dev.ash.gateway.config.GatewayConfig.Listen;
import java.io.IOException;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "url",
    description = "Prints the address for callers (ANTHROPIC_BASE_URL), without /v1.",
    mixinStandardHelpOptions = true)
final class UrlCommand implements Callable<Integer> {
  private final Surroundings world;

  @Mixin private Source source = new Source();

  @Option(names = "--host", description = "As for serve.")
  private @Nullable String host;

  @Option(names = "--port", description = "As for serve.")
  private @Nullable Integer port;

  UrlCommand(Surroundings world) {
    this.world = world;
  }

  @Override
  public Integer call() throws ConfigException, IOException {
    var listen = source.listen(world);
    world
        .out()
        .println(
            address(
                listen.on(
                    host == null ? listen.host() : host, port == null ? listen.port() : port)));
    return 0;
  }

  static String address(Listen listen) throws ConfigException {
    var address = listen.address();
    if (address.isPresent()) {
      return address.get();
    }
    throw listen.port() == 0
        ? new ConfigException("listen.port", 0, "a port, or listen.publicUrl")
        : new ConfigException(
            "listen.host",
            listen.host() + " is every address of this machine",
            "listen.publicUrl: what callers call it, such as https://gateway.example.com");
  }
}
