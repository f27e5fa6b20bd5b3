package dev.ash.gateway;

import dev.ash.gateway.config.ConfigException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "apply",
    description = {
      "Checks a file and puts it in the place of the one that a gateway serves (--config).",
      "The gateway takes it within seconds. One that cannot be used is told and not put there."
    },
    mixinStandardHelpOptions = true)
final class ApplyCommand implements Callable<Integer> {
  private final Surroundings world;

  @Mixin private Source source = new Source();

  @Option(
      names = {"-f", "--file"},
      required = true,
      description = "The new file.")
  private Path file = Path.of("");

  @Option(
      names = "--strict",
      description = "Also refuses a file that has something that is not understood.")
  private boolean strict;

  ApplyCommand(Surroundings world) {
    this.world = world;
  }

  @Override
  public Integer call() throws IOException, ConfigException {
    if (Files.isDirectory(file)) {
      throw new ConfigException(
          "--file", file, "one file; a folder has no moment at which it changes");
    }
    var read = source.read(world, file);
    read.findings().all().forEach(f -> world.err().println(f));
    read.mustServe(strict);
    var live = source.config();
    put(Files.exists(live) ? live.toRealPath() : live.toAbsolutePath());
    world.out().println("in place: " + live);
    return 0;
  }

  /** As a whole: whoever reads it meanwhile has the one or the other. */
  private void put(Path live) throws IOException {
    var folder = Optional.ofNullable(live.getParent()).orElse(Path.of("/"));
    var mode =
        Files.exists(live)
            ? Files.getPosixFilePermissions(live)
            : PosixFilePermissions.fromString("rw-------");
    var next = Files.createTempFile(folder, ".gateway-", ".next", mode(mode));
    try {
      Files.write(next, Files.readAllBytes(file));
      Files.move(next, live, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(next);
    }
  }

  private static FileAttribute<Set<PosixFilePermission>> mode(Set<PosixFilePermission> mode) {
    return PosixFilePermissions.asFileAttribute(mode);
  }
}
