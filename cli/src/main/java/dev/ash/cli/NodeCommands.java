package dev.ash.cli;

import dev.ash.client.AshException;
import dev.ash.client.http.Call;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The steps of {@code ash start} and {@code ash status} that speak to the node. */
final class NodeCommands {
  private NodeCommands() {}

  /** Waits until a started node answers, and takes over the key it made. */
  @Command(name = "await-node", hidden = true)
  static final class AwaitNode implements Callable<Integer> {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final Duration POLL = Duration.ofMillis(100);
    private static final int KEY_LIMIT = 1024;

    private final Context context;
    private final Terminal terminal;

    @Option(names = "--url", required = true)
    private String url = "";

    @Option(names = "--data-dir", required = true)
    private Path dataDir = Path.of("");

    @Option(names = "--pid", required = true)
    private long pid;

    @Option(names = "--quiet", description = "Say nothing but what failed.")
    private boolean quiet;

    AwaitNode(Context context) {
      this.context = context;
      this.terminal = context.terminal();
    }

    @Override
    public Integer call() {
      say("Waiting for server to be ready...");
      await();
      say("");
      takeOverKey()
          .ifPresent(
              key -> {
                say("API key auto-generated and saved to " + shown(context.config().path()));
                say("  Key: " + key);
                say("");
              });
      say("Ash server is running.");
      say("  URL:      " + url);
      context
          .settings()
          .databaseUrl()
          .ifPresent(database -> say("  Database: " + masked(database)));
      say("  Data dir: " + shown(dataDir));
      remarks();
      return 0;
    }

    private void await() {
      var server = context.once(url, Optional.empty());
      var deadline = context.clock().instant().plus(PATIENCE);
      while (true) {
        try {
          server.call(Call.get("/health").within(Duration.ofSeconds(5)));
          return;
        } catch (AshException e) {
          if (!isAlive()) {
            throw new CliException("the node ended while it was starting");
          }
          if (context.clock().instant().isAfter(deadline)) {
            throw new CliException("the node is not ready after " + PATIENCE.toSeconds() + " s");
          }
        }
        context.pause().of(POLL);
      }
    }

    /** A process that has ended stays visible until its parent, the launcher, looks at it. */
    private boolean isAlive() {
      if (!ProcessHandle.of(pid).map(ProcessHandle::isAlive).orElse(false)) {
        return false;
      }
      try {
        var state = Files.readString(Path.of("/proc/" + pid + "/stat"));
        return !state.startsWith(" Z", state.lastIndexOf(')') + 1);
      } catch (IOException e) {
        return true; // no /proc here
      }
    }

    /** The file is there after a first start only; its key is kept nowhere else in plain text. */
    private Optional<String> takeOverKey() {
      var file = dataDir.resolve("initial-api-key");
      try {
        if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS) || Files.size(file) > KEY_LIMIT) {
          return Optional.empty();
        }
        var key = Files.readString(file).strip();
        context.config().saveLocalKey(key);
        Files.delete(file);
        return Optional.of(key);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    private void remarks() {
      if (context.localNode(url).ash().key().isEmpty()) {
        terminal.note(
            "No key for this node is saved here. Use the one it was first started with: ASH_API_KEY.");
      }
      context
          .config()
          .serverUrl()
          .ifPresent(
              other ->
                  terminal.note(
                      "Commands go to " + other + "; ./ash disconnect makes them use this node."));
    }

    private String shown(Path path) {
      return context.settings().shortened(path);
    }

    private void say(String line) {
      if (!quiet) {
        terminal.println(line);
      }
    }

    private static String masked(String databaseUrl) {
      return databaseUrl.replaceFirst("(//[^:/@]*):[^@]*@", "$1:***@").replaceFirst("\\?.*", "");
    }
  }

  /** {@code ash status} once the launcher found the node's process. */
  @Command(name = "node-status", hidden = true)
  static final class NodeStatus implements Callable<Integer> {
    private final Context context;

    @Option(names = "--url", required = true)
    private String url = "";

    @Option(names = "--pid", required = true)
    private long pid;

    NodeStatus(Context context) {
      this.context = context;
    }

    @Override
    public Integer call() {
      var terminal = context.terminal();
      terminal.println("Container: running");
      terminal.println("  ID:        pid " + pid);
      terminal.println("  Image:     none (a process of this machine)");
      terminal.println("  URL:       " + url);
      var health = context.localNode(url).call(Call.get("/health").within(Duration.ofSeconds(5)));
      terminal.println("  Version:   " + health.path("version").asText());
      terminal.println("  Sessions:  " + health.path("activeSessions").asText() + " active");
      terminal.println("  Sandboxes: " + health.path("activeSandboxes").asText() + " active");
      terminal.println("  Uptime:    " + health.path("uptime").asText() + "s");
      var pool = health.path("pool");
      terminal.println(
          "  Pool:      %s of %s (%s running, %s waiting, %s warm, %s cold)"
              .formatted(
                  pool.path("total").asText(),
                  pool.path("maxCapacity").asText(),
                  pool.path("running").asText(),
                  pool.path("waiting").asText(),
                  pool.path("warm").asText(),
                  pool.path("cold").asText()));
      return 0;
    }
  }
}
