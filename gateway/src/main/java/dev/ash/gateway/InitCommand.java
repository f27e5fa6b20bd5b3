package dev.ash.gateway;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.ash.gateway.config.ConfigException;
import dev.ash.gateway.config.ConfigFile;
import dev.ash.gateway.config.Expansion;
import dev.ash.gateway.config.Parts;
import dev.ash.gateway.config.Trees;
import dev.ash.gateway.keys.KeyFile;
import dev.ash.gateway.keys.KeyMaker;
import dev.ash.gateway.keys.KeyRing;
import dev.ash.gateway.keys.KeyWish;
import dev.ash.gateway.server.Hashes;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
    name = "init",
    description = {
      "Writes a file for ash gateway serve, and makes the first key.",
      "Asks at a terminal for what no option says; --yes takes the usual values instead."
    },
    mixinStandardHelpOptions = true)
final class InitCommand implements Callable<Integer> {
  private static final int TRIES = 3;
  private static final FileAttribute<Set<PosixFilePermission>> OWNER_ONLY =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));

  private final Surroundings world;

  @Option(
      names = "--config",
      defaultValue = "gateway.yaml",
      description = "The file to write. Default: ${DEFAULT-VALUE}")
  private Path config = Path.of("");

  @Option(names = "--provider-url", description = "Who answers. Usual: https://api.anthropic.com")
  private @Nullable String providerUrl;

  @Option(
      names = "--provider-key-file",
      description =
          "The file with the provider's key. Without it, the gateway takes ANTHROPIC_API_KEY.")
  private @Nullable Path providerKeyFile;

  @Option(names = "--consumer", description = "Who the first key is for. Usual: team-a")
  private @Nullable String consumer;

  @Option(names = "--port", description = "Where to listen, on 127.0.0.1. Usual: 8080")
  private @Nullable String port;

  @Option(names = "--yes", description = "Takes the usual value of what is not said.")
  private boolean yes;

  @Option(
      names = "--force",
      description =
          "Writes over the file of --config. The keys in the file beside it stay, with one more.")
  private boolean force;

  InitCommand(Surroundings world) {
    this.world = world;
  }

  /** What is to be known, the option that says it, and what is usual. */
  private record Question(
      String option, String text, String usual, @Nullable String said, Check check) {}

  private interface Check {
    String of(String where, String text) throws ConfigException;
  }

  @Override
  public Integer call() throws ConfigException, IOException {
    var name = String.valueOf(config.getFileName());
    var keys = config.resolveSibling(name.replaceFirst("\\.[^.]*$", "") + "-keys.json");
    var replaces = isThere(config);
    var adds = isThere(keys);
    if (!force && replaces) {
      throw inTheWay(keys);
    }
    mustNotLose(keys);
    var answers =
        answers(
            List.of(
                new Question(
                    "--provider-url",
                    "Address of the provider",
                    "https://api.anthropic.com",
                    providerUrl,
                    (where, text) -> Parts.url(where, text).toString()),
                new Question(
                    "--consumer", "Who gets the first key", "team-a", consumer, KeyWish::consumer),
                new Question(
                    "--port", "Port to listen on", "8080", port, InitCommand::checkedPort)));
    var yaml = yaml(answers.get(0), answers.get(1), answers.get(2), keys);
    var address = checked(yaml);
    write(yaml, keys);

    var now = world.clock().instant();
    var key =
        new KeyMaker(new Hashes(Optional.empty())::hash)
            .make(answers.get(1), "", now, KeyMaker.USUAL_LIFE);
    switch (new KeyFile(keys).change(ring -> ring.add(key, now))) {
      case KeyRing.Change.Changed _ -> Handover.tell(world, address, key.stored(), key.text());
      case KeyRing.Change.Refused(_, var message) -> throw new IllegalArgumentException(message);
    }
    world
        .err()
        .println(
            "written: "
                + config
                + (replaces ? " (over what was there), " : ", ")
                + keys
                + (adds ? " (one key more; those that were there stay)" : ""));
    tellNext(address);
    return 0;
  }

  /** Keys that were made stay good only as long as what they were hashed with. */
  private void mustNotLose(Path keys) throws ConfigException, IOException {
    var kept = new KeyFile(keys).read().keys();
    if (kept.isEmpty() || !Files.exists(config)) {
      return;
    }
    var old = Trees.yaml(config.toString(), Files.readString(config));
    if (old.path("access").has("pepper")) {
      throw new ConfigException(
          "--force",
          config + " has access.pepper, without which none of the keys in " + keys + " opens",
          "another --config, or a change of that file by hand");
    }
  }

  private List<String> answers(List<Question> questions) throws ConfigException {
    var missing = questions.stream().filter(q -> q.said() == null).map(Question::option).toList();
    var asks = !missing.isEmpty() && !yes;
    var terminal = asks ? world.terminal().get().orElse(null) : null;
    if (asks && terminal == null) {
      throw new ConfigException(
          String.join(", ", missing),
          "missing",
          "these options, or --yes for the usual values: there is no terminal to ask at");
    }
    var answers = new ArrayList<String>();
    for (var question : questions) {
      answers.add(answer(question, terminal));
    }
    return answers;
  }

  private String answer(Question question, Surroundings.@Nullable Terminal terminal)
      throws ConfigException {
    var said = question.said();
    if (said != null) {
      return question.check().of(question.option(), said);
    }
    if (terminal == null) {
      return question.usual();
    }
    for (var left = TRIES; ; left--) {
      var line = terminal.ask(question.text() + " [" + question.usual() + "]: ");
      if (line.isEmpty()) {
        throw new ConfigException(
            question.option(), "end of input", "an answer, this option, or --yes");
      }
      var typed = line.get().strip();
      try {
        return typed.isEmpty() ? question.usual() : question.check().of(question.option(), typed);
      } catch (ConfigException e) {
        if (left == 1) {
          throw e;
        }
        world.err().println(e.getMessage());
      }
    }
  }

  private static String checkedPort(String where, String text) throws ConfigException {
    if (!text.matches("[1-9][0-9]{0,4}") || Integer.parseInt(text) > 65_535) {
      throw new ConfigException(where, text, "a number from 1 to 65535");
    }
    return text;
  }

  private String yaml(String url, String name, String listenPort, Path keys) {
    var credential =
        providerKeyFile == null
            ? "${ANTHROPIC_API_KEY}"
            : "${file:" + providerKeyFile.toAbsolutePath() + "}";
    return """
        # Made by ash gateway init. Every field: gateway/README.md. An unknown field is an error.
        listen: {host: 127.0.0.1, port: %s}
        upstreams:
          - {name: provider, url: %s, credential: {header: x-api-key, value: %s}}
        consumers:
          - {name: %s, requestsPerMinute: 100}
        # Keys: ash gateway keys create | list | rotate | revoke
        # With administrators: [{name: ops, hash: '...'}] (ash gateway key) there are the pages /admin and /usage.
        keyStore: {file: %s}
        # What /usage adds up; without it the lines go to standard output.
        # audit: {file: audit.log}
        """
        .formatted(
            listenPort,
            quoted(url),
            quoted(credential),
            quoted(name),
            quoted(String.valueOf(keys.getFileName())));
  }

  private static String quoted(String text) {
    return "'" + text.replace("'", "''") + "'";
  }

  /** Reads it as a gateway would, whose environment has the provider's key. */
  private String checked(String yaml) throws ConfigException {
    var folder = Optional.ofNullable(config.toAbsolutePath().getParent()).orElse(Path.of("/"));
    var read =
        new ConfigFile(new Expansion(_ -> "provider-key"), folder)
            .read(Trees.yaml(config.toString(), yaml));
    return UrlCommand.address(read.listen());
  }

  private void write(String yaml, Path keys) throws ConfigException, IOException {
    var bytes = ByteBuffer.wrap(yaml.getBytes(UTF_8));
    if (!force) {
      try (var out =
          Files.newByteChannel(
              config,
              Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
              OWNER_ONLY)) {
        while (bytes.hasRemaining()) {
          var _ = out.write(bytes);
        }
      } catch (FileAlreadyExistsException _) {
        throw inTheWay(keys);
      }
      return;
    }
    var folder = Optional.ofNullable(config.toAbsolutePath().getParent()).orElse(Path.of("/"));
    var next = Files.createTempFile(folder, ".gateway-", ".next", OWNER_ONLY);
    try {
      Files.writeString(next, yaml);
      Files.move(next, config, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(next);
    }
  }

  private static boolean isThere(Path file) {
    return Files.exists(file, LinkOption.NOFOLLOW_LINKS);
  }

  /** Names each file that would change. */
  private ConfigException inTheWay(Path keys) {
    return new ConfigException(
        "--config",
        config + " is there",
        "another file, or --force to write over it"
            + (isThere(keys) ? " and to add a key to " + keys : ""));
  }

  private void tellNext(String address) {
    var err = world.err();
    err.println("next:");
    if (providerKeyFile == null) {
      err.println("  export ANTHROPIC_API_KEY=...   # the provider's key, for the gateway only");
    }
    err.println("  ash gateway serve --config " + config);
    err.println("the two export lines are for the caller; there:");
    err.println("  ash gateway validate --url " + address);
  }
}
