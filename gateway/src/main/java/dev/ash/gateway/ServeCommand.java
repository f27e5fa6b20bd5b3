package dev.ash.gateway;

import dev.ash.gateway.config.ConfigException;
import dev.ash.gateway.config.FileTrouble;
import dev.ash.gateway.config.Findings.Finding;
import dev.ash.gateway.config.GatewayConfig;
import dev.ash.gateway.server.GatewayServer;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "serve",
    description = {
      "Runs a gateway until it is stopped.",
      "Follows changes of its files; one that cannot be used is told and changes nothing."
    },
    mixinStandardHelpOptions = true)
final class ServeCommand implements Callable<Integer> {
  private static final long LOOK_MILLIS = 500;
  private final Surroundings world;

  @Mixin private Source source = new Source();

  @Option(names = "--host", description = "Where to listen, in place of the file's.")
  private @Nullable String host;

  @Option(names = "--port", description = "The port, in place of the file's; 0 takes a free one.")
  private @Nullable Integer port;

  @Option(
      names = "--strict",
      description = "Does not start when the file has something that is not understood.")
  private boolean strict;

  /** Why what the files say now cannot be used; empty while it is in force. */
  private String told = "";

  private List<Finding> shown = List.of();

  ServeCommand(Surroundings world) {
    this.world = world;
  }

  @Override
  public Integer call()
      throws IOException, GeneralSecurityException, ConfigException, InterruptedException {
    // Looked at before it is read to be served, so that no change in between is missed.
    var watch = new FileWatch(source.read(world).files());
    var first = understood();
    var stopped = new CountDownLatch(1);
    var closed = new CountDownLatch(1);
    Runtime.getRuntime()
        .addShutdownHook(Thread.ofPlatform().unstarted(() -> endWith(stopped, closed)));
    try (var server =
        GatewayServer.start(
            listening(first.config()),
            new GatewayServer.World(world.clock(), world.ids(), world.out()))) {
      world.err().println("gateway on " + server.url());
      server.adminUrl().ifPresent(url -> world.err().println("admin API on " + url));
      while (!stopped.await(LOOK_MILLIS, TimeUnit.MILLISECONDS)) {
        // What a file names may come after it: until all of it can be used it is tried again.
        if (watch.changed(!told.isEmpty())) {
          take(server, watch);
        }
      }
    } finally {
      closed.countDown();
    }
    return 0;
  }

  private Source.Read understood() throws IOException, ConfigException {
    var read = source.read(world);
    var findings = read.findings().all();
    // A file that cannot be used is read again and again: what was said of it is said.
    if (told.isEmpty() || !findings.equals(shown)) {
      findings.forEach(f -> world.err().println(f));
      shown = findings;
    }
    read.mustServe(strict);
    return read;
  }

  private GatewayConfig listening(GatewayConfig config) {
    return config.listeningOn(
        host == null ? config.listen().host() : host, port == null ? config.listen().port() : port);
  }

  /** A file that cannot be used changes nothing but the log. */
  private void take(GatewayServer server, FileWatch watch) {
    try {
      var read = understood();
      server.reload(listening(read.config()));
      watch.follow(read.files());
      told = "";
      world.err().println("configuration changed: " + source.config() + " is in force");
    } catch (IOException | GeneralSecurityException | ConfigException | RuntimeException e) {
      // Whatever is wrong with it, callers go on being served.
      var why = e instanceof RuntimeException ? e.toString() : FileTrouble.of(e);
      if (!why.equals(told)) {
        told = why;
        server.keptOld();
        world.err().println("Error: " + why + "; the configuration before stays in force");
      }
    }
  }

  /** The JVM ends when its hooks have ended, so this one waits for the calls under way. */
  private static void endWith(CountDownLatch stopped, CountDownLatch closed) {
    stopped.countDown();
    try {
      var _ = closed.await(15, TimeUnit.SECONDS);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }
}
