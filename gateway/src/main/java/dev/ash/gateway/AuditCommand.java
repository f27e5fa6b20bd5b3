package dev.ash.gateway;

import dev.ash.gateway.audit.AuditVerifier;
import dev.ash.gateway.audit.Link;
import dev.ash.gateway.config.ConfigException;
import dev.ash.gateway.config.Expansion;
import dev.ash.gateway.config.Secret;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "audit",
    description = "What was written down of the requests.",
    mixinStandardHelpOptions = true)
final class AuditCommand implements Runnable {
  @Override
  public void run() {
    throw new IllegalArgumentException("no command given; see: ash gateway audit --help");
  }

  @Command(
      name = "verify",
      description = {
        "Checks that no line of an audit log was changed, removed, put in or reordered.",
        "Exit code: 0 it is whole, 1 it is not, 2 it cannot be said."
      },
      mixinStandardHelpOptions = true)
  static final class Verify implements Callable<Integer> {
    private final Surroundings world;

    @Parameters(
        paramLabel = "FILE",
        arity = "1..*",
        description = "All files of one log, in any order; .gz is unpacked.")
    private List<Path> files = List.of();

    @Option(
        names = "--key",
        description =
            "What audit.key is in the gateway's file, e.g. '$${file:/etc/gw/audit-key}'; again for"
                + " each key there was.")
    private List<String> keys = List.of();

    @Option(
        names = "--witness",
        paramLabel = "LINE:HASH",
        description = "What verify printed as last once, kept elsewhere: it has to be there still.")
    private @Nullable String witness;

    @Option(
        names = "--restarts",
        description = "Lets a chain begin anew, as on standard output at each start.")
    private boolean restarts;

    Verify(Surroundings world) {
      this.world = world;
    }

    @Override
    public Integer call() throws ConfigException, IOException {
      var expansion = new Expansion(world.environment());
      var secrets = new ArrayList<Secret>();
      for (var key : keys) {
        secrets.add(new Secret(expansion.expand("--key", key)));
      }
      var verdict =
          new AuditVerifier(new AuditVerifier.Options(secrets, noted(), restarts)).verify(files);
      verdict.notes().forEach(note -> world.out().println("note: " + note));
      world.out().println(verdict.text());
      return switch (verdict.result()) {
        case WHOLE -> 0;
        case BROKEN -> 1;
        case UNKNOWN -> 2;
      };
    }

    private Optional<Link> noted() throws ConfigException {
      if (witness == null) {
        return Optional.empty();
      }
      if (!witness.matches("[1-9][0-9]{0,17}:[0-9a-f]{64}")) {
        throw new ConfigException("--witness", witness, "a number, a colon and 64 hex digits");
      }
      var parts = witness.split(":", 2);
      return Optional.of(new Link(Long.parseLong(parts[0]), parts[1]));
    }
  }
}
