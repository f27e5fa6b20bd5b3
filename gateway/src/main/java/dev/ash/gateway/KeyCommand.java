package dev.ash.gateway;

import dev.ash.gateway.config.ConfigException;
import dev.ash.gateway.config.Expansion;
import dev.ash.gateway.config.Secret;
import dev.ash.gateway.keys.KeyMaker;
import dev.ash.gateway.server.Hashes;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
    name = "key",
    description = {
      "Makes a key whose hash you write into the gateway's file yourself.",
      "With a keyStore in the file, ash gateway keys create does all of it."
    },
    mixinStandardHelpOptions = true)
final class KeyCommand implements Callable<Integer> {
  private final Surroundings world;

  @Option(
      names = "--pepper",
      description = "What access.pepper is in the gateway's file, e.g. '$${file:/etc/gw/pepper}'.")
  private @Nullable String pepper;

  @Option(names = "--of", description = "Hashes this key instead of a new one, e.g. '$${OLD_KEY}'.")
  private @Nullable String existing;

  KeyCommand(Surroundings world) {
    this.world = world;
  }

  @Override
  public Integer call() throws ConfigException {
    var expansion = new Expansion(world.environment());
    var secret =
        pepper == null
            ? Optional.<Secret>empty()
            : Optional.of(new Secret(expansion.expand("--pepper", pepper)));
    String key;
    if (existing == null) {
      key = new KeyMaker(new Hashes(secret)::hash).text();
      world.out().println("key:  " + key);
    } else {
      key = expansion.expand("--of", existing);
    }
    world.out().println("hash: " + new Hashes(secret).hash(key));
    return 0;
  }
}
