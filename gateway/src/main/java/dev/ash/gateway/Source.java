package dev.ash.gateway;

import dev.ash.gateway.config.ConfigException;
import dev.ash.gateway.config.ConfigFile;
import dev.ash.gateway.config.Expansion;
import dev.ash.gateway.config.Fields;
import dev.ash.gateway.config.FilesOfConfig;
import dev.ash.gateway.config.Findings;
import dev.ash.gateway.config.GatewayConfig;
import dev.ash.gateway.config.GatewayConfig.Access;
import dev.ash.gateway.config.GatewayConfig.Addresses;
import dev.ash.gateway.config.GatewayConfig.Allowance;
import dev.ash.gateway.config.GatewayConfig.Consumer;
import dev.ash.gateway.config.GatewayConfig.KeyStore;
import dev.ash.gateway.config.GatewayConfig.Listen;
import dev.ash.gateway.config.Trees;
import dev.ash.gateway.dialect.Dialect;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which file says what the gateway does. */
final class Source {
  private static final int MAX_DEPTH = 4;
  private static final int MAX_FILES = 500;

  @Option(
      names = "--config",
      defaultValue = "gateway.yaml",
      description = "The file, or folder, to read. Default: ${DEFAULT-VALUE}")
  private Path config = Path.of("");

  @Option(
      names = "--dialect",
      description = "Whose format it is: ${COMPLETION-CANDIDATES}. Default: ASH")
  private Dialect dialect = Dialect.ASH;

  @Option(
      names = "--consumers",
      description = "Who may call, in our format, where the file does not say.")
  private @Nullable Path consumers;

  /** A configuration, what there is to say about it, and the files it was read from. */
  record Read(GatewayConfig config, Findings findings, Set<Path> files) {
    Read {
      files = Set.copyOf(files);
    }

    /**
     * Refuses what no gateway could serve.
     *
     * @param strict also what is not understood in all of its parts
     */
    void mustServe(boolean strict) throws ConfigException {
      if (strict
          && findings.all().stream().anyMatch(f -> f.kind() == Findings.Kind.NOT_UNDERSTOOD)) {
        throw new ConfigException("--strict", "not understood", "a file without the above");
      }
      for (var consumer : config.access().consumers()) {
        if (!consumer.certificates().isEmpty()
            && config.listen().tls().flatMap(GatewayConfig.Tls::clientAuthorities).isEmpty()) {
          throw new ConfigException(
              "consumers",
              consumer.name() + " with certificates",
              "listen.tls.clientAuthorities, who vouch for them");
        }
      }
      if (!config.access().admitsSomebody()) {
        throw new ConfigException(
            "consumers",
            "none",
            "consumers with keys, a keyStore, --consumers FILE, oauth, or access.open: true");
      }
    }
  }

  Path config() {
    return config;
  }

  Read read(Surroundings world) throws ConfigException, IOException {
    return read(world, config);
  }

  /** Reads another file as if it lay in the place of the one that is meant. */
  Read read(Surroundings world, Path config) throws ConfigException, IOException {
    var findings = new Findings();
    var expansion = new Expansion(world.environment());
    var read = dialect.read(config, expansion, findings);
    if (consumers == null) {
      return new Read(read, findings, files(config, expansion, read));
    }
    var file = fields(consumers);
    var access = new ConfigFile(expansion, folder(consumers)).access(file);
    file.nothingElse();
    var limited = limitedAs(read.access(), access);
    var whole = read.with(limited.from(addresses(read.access(), access)));
    return new Read(whole, findings, files(config, expansion, whole));
  }

  /**
   * The part that says where a gateway listens and who may call; secrets of the rest may be away.
   */
  record Entrance(Listen listen, Access access) {}

  Entrance entrance(Surroundings world) throws ConfigException, IOException {
    if (dialect != Dialect.ASH && consumers == null) {
      throw new ConfigException("--consumers", "missing", "the file with keyStore, in our format");
    }
    var says = consumers == null ? config : consumers;
    var access = new ConfigFile(new Expansion(world.environment()), folder(says));
    return new Entrance(listen(world), access.access(fields(says)));
  }

  /** Where it listens; of another product's file only the path is known. */
  Listen listen(Surroundings world) throws ConfigException, IOException {
    var expansion = new Expansion(world.environment());
    return dialect == Dialect.ASH
        ? new ConfigFile(expansion, folder(config)).listen(fields(config))
        : dialect.read(config, expansion, new Findings()).listen();
  }

  private static Fields fields(Path file) throws ConfigException, IOException {
    return Fields.of(Trees.yaml(file.toString(), Files.readString(file)), "");
  }

  /** From where one may call: one of the two files says it. */
  private static Addresses addresses(Access read, Access access) throws ConfigException {
    if (!read.addresses().isEmpty() && !access.addresses().isEmpty()) {
      throw new ConfigException(
          "--consumers", "addresses in both files", "access.allowFrom and the like in one of them");
    }
    return access.addresses().isEmpty() ? read.addresses() : access.addresses();
  }

  /** Who has no limits in the file of consumers has those of the other file. */
  private static Access limitedAs(Access read, Access access) {
    if (read.consumers().isEmpty()) {
      return access;
    }
    var usual = read.consumers().getFirst().allowance();
    return new Access(
        access.open(),
        access.pepper(),
        access.consumers().stream()
            .map(
                one ->
                    one.allowance().equals(Allowance.unlimited())
                        ? new Consumer(one.name(), one.keys(), one.certificates(), usual)
                        : one)
            .toList(),
        access
            .oauth()
            .map(
                oauth ->
                    oauth.allowance().equals(Allowance.unlimited())
                        ? oauth.allowing(usual)
                        : oauth),
        access
            .keyStore()
            .map(
                store ->
                    store.allowance().equals(Allowance.unlimited())
                        ? new KeyStore(store.file(), store.administrators(), usual)
                        : store),
        access.addresses());
  }

  /** Also those that are not there yet, and may come. */
  private Set<Path> files(Path config, Expansion expansion, GatewayConfig read) throws IOException {
    var files = new LinkedHashSet<Path>(expansion.files());
    files.addAll(FilesOfConfig.of(read));
    if (Files.isDirectory(config)) {
      try (var found = Files.walk(config, MAX_DEPTH)) {
        found.filter(Files::isRegularFile).limit(MAX_FILES).forEach(files::add);
      }
    } else {
      files.add(config);
      files.add(config.resolveSibling("policies.json"));
    }
    if (consumers != null) {
      files.add(consumers);
    }
    return files;
  }

  private static Path folder(Path file) {
    return Optional.ofNullable(file.toAbsolutePath().getParent()).orElse(Path.of("/"));
  }
}
