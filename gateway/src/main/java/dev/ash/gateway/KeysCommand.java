package dev.ash.gateway;

import dev.ash.gateway.config.ConfigException;
import dev.ash.gateway.config.GatewayConfig.Access;
import dev.ash.gateway.config.Parts;
import dev.ash.gateway.keys.KeyFile;
import dev.ash.gateway.keys.KeyMaker;
import dev.ash.gateway.keys.KeyRing;
import dev.ash.gateway.keys.KeyWish;
import dev.ash.gateway.keys.StoredKey;
import dev.ash.gateway.server.Hashes;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code ash gateway keys …}: the key store that a configuration names. */
@Command(
    name = "keys",
    description = "Makes, lists, renews and revokes keys; a running gateway follows.",
    mixinStandardHelpOptions = true)
final class KeysCommand implements Runnable {
  private static final String ROW = "%-16s  %-24s  %-20s  %-20s  %s%n";

  static CommandLine tree(Surroundings world) {
    return new CommandLine(new KeysCommand())
        .addSubcommand(new Create(world))
        .addSubcommand(new ListKeys(world))
        .addSubcommand(new Rotate(world))
        .addSubcommand(new Revoke(world));
  }

  @Override
  public void run() {
    throw new IllegalArgumentException("no command given; see: ash gateway keys --help");
  }

  /** Where the store is, and who is known besides. */
  private static final class Place {
    @Mixin private Source source = new Source();

    KeyFile file(Source.Entrance entrance) throws ConfigException {
      var store = entrance.access().keyStore();
      if (store.isEmpty()) {
        throw new ConfigException(
            "keyStore", "missing in " + source.config(), "keyStore: {file: FILE} in it");
      }
      return new KeyFile(store.get().file());
    }

    Source.Entrance entrance(Surroundings world) throws ConfigException, IOException {
      return source.entrance(world);
    }
  }

  /** What a new key needs. */
  private static final class Making {
    @Option(
        names = "--expires",
        defaultValue = "90d",
        description = "How long the key lives. Default: ${DEFAULT-VALUE}")
    private String expires = "";

    @Option(
        names = "--url",
        description = "What callers call the gateway; the file says it with listen.publicUrl.")
    private @Nullable String url;

    Duration life() throws ConfigException {
      return KeyWish.life("--expires", expires);
    }

    /** Asked for before a key is made: one whose caller cannot be told where to go is of no use. */
    String address(Source.Entrance entrance) throws ConfigException {
      if (url != null) {
        return Parts.url("--url", url).toString();
      }
      return UrlCommand.address(entrance.listen());
    }
  }

  @Command(
      name = "create",
      description = {
        "Makes a key. Standard output is two lines for the caller's shell: the gateway's URL and",
        "the key, which nobody can see again."
      },
      mixinStandardHelpOptions = true)
  private static final class Create implements Callable<Integer> {
    private final Surroundings world;
    @Mixin private Place place = new Place();
    @Mixin private Making making = new Making();

    @Option(
        names = "--consumer",
        required = true,
        description = "Who it is for; limits are those of this name in consumers.")
    private String consumer = "";

    @Option(names = "--label", defaultValue = "", description = "A note of yours.")
    private String label = "";

    Create(Surroundings world) {
      this.world = world;
    }

    @Override
    public Integer call() throws ConfigException, IOException {
      var entrance = place.entrance(world);
      var file = place.file(entrance);
      var address = making.address(entrance);
      var now = world.clock().instant();
      var key =
          maker(entrance.access())
              .make(
                  KeyWish.consumer("--consumer", consumer),
                  KeyWish.label("--label", label),
                  now,
                  making.life());
      var _ = changed(file, ring -> ring.add(key, now));
      Handover.tell(world, address, key.stored(), key.text());
      if (entrance.access().consumers().stream().noneMatch(c -> c.name().equals(consumer))) {
        world
            .err()
            .println("note: " + consumer + " is not in consumers; it has the limits of keyStore");
      }
      return 0;
    }
  }

  @Command(
      name = "list",
      description = "Shows every key but its text, and which ones need to be renewed.",
      mixinStandardHelpOptions = true)
  private static final class ListKeys implements Callable<Integer> {
    private final Surroundings world;
    @Mixin private Place place = new Place();

    ListKeys(Surroundings world) {
      this.world = world;
    }

    @Override
    public Integer call() throws ConfigException, IOException {
      var ring = place.file(place.entrance(world)).read();
      var now = world.clock().instant();
      world.out().printf(Locale.ROOT, ROW, "ID", "CONSUMER", "CREATED", "EXPIRES", "STATE");
      for (var key : ring.keys()) {
        world
            .out()
            .printf(
                Locale.ROOT,
                ROW,
                key.id(),
                key.consumer(),
                key.created(),
                key.expires(),
                key.state(now).name().toLowerCase(Locale.ROOT)
                    + key.successor().map(id -> ", renewed by " + id).orElse("")
                    + (key.label().isEmpty() ? "" : " (" + key.label() + ")"));
      }
      for (var key : ring.keys()) {
        if (key.needsRenewal(now)) {
          world.err().println(warning(key, now));
        }
      }
      return 0;
    }

    private static String warning(StoredKey key, Instant now) {
      var left = Duration.between(now, key.expires());
      return "warning: "
          + key.id()
          + " of "
          + key.consumer()
          + " ends in "
          + (left.toDays() > 0 ? left.toDays() + " d" : left.toHours() + " h")
          + "; renew it with: ash gateway keys rotate "
          + key.id();
    }
  }

  @Command(
      name = "rotate",
      description = {
        "Makes a key in another's place. The other goes on for the overlap, so that nothing fails",
        "while the new one is handed out."
      },
      mixinStandardHelpOptions = true)
  private static final class Rotate implements Callable<Integer> {
    private final Surroundings world;
    @Mixin private Place place = new Place();
    @Mixin private Making making = new Making();

    @Parameters(paramLabel = "ID", description = "The key that is to be replaced.")
    private String id = "";

    @Option(
        names = "--overlap",
        defaultValue = "24h",
        description = "How long it goes on; 0s ends it now. Default: ${DEFAULT-VALUE}")
    private String overlap = "";

    Rotate(Surroundings world) {
      this.world = world;
    }

    @Override
    public Integer call() throws ConfigException, IOException {
      var entrance = place.entrance(world);
      var file = place.file(entrance);
      var address = making.address(entrance);
      var over = KeyWish.overlap("--overlap", overlap);
      var now = world.clock().instant();
      var key = maker(entrance.access()).unnamed(now, making.life());
      var ring = changed(file, r -> r.rotate(id, key, over, now));
      Handover.tell(world, address, ring.withId(key.id()).orElseThrow(), key.text());
      world.err().println(id + " ends at " + ring.withId(id).map(StoredKey::expires).orElse(now));
      return 0;
    }
  }

  @Command(
      name = "revoke",
      description = "Ends a key at once; a running gateway refuses it within 2 s.",
      mixinStandardHelpOptions = true)
  private static final class Revoke implements Callable<Integer> {
    private final Surroundings world;
    @Mixin private Place place = new Place();

    @Parameters(paramLabel = "ID", description = "The key that is to end.")
    private String id = "";

    Revoke(Surroundings world) {
      this.world = world;
    }

    @Override
    public Integer call() throws ConfigException, IOException {
      var now = world.clock().instant();
      var ring = changed(place.file(place.entrance(world)), r -> r.revoke(id, now));
      world
          .out()
          .println(
              id
                  + " "
                  + ring.withId(id)
                      .map(key -> key.state(now).name().toLowerCase(Locale.ROOT))
                      .orElse("forgotten"));
      return 0;
    }
  }

  private static KeyMaker maker(Access access) {
    return new KeyMaker(new Hashes(access.pepper())::hash);
  }

  private static KeyRing changed(KeyFile file, Function<KeyRing, KeyRing.Change> wish)
      throws IOException {
    return switch (file.change(wish)) {
      case KeyRing.Change.Changed(var ring) -> ring;
      case KeyRing.Change.Refused(_, var message) -> throw new IllegalArgumentException(message);
    };
  }
}
