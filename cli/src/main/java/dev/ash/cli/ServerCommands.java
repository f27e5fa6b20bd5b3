package dev.ash.cli;

import dev.ash.client.AshException;
import dev.ash.client.http.Call;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Which server, and how it is. */
final class ServerCommands {
  private ServerCommands() {}

  /** {@code ash health}. */
  @Command(
      name = "health",
      mixinStandardHelpOptions = true,
      description = "The server's health, as it says itself.")
  static final class Health implements Callable<Integer> {
    private final Context context;

    Health(Context context) {
      this.context = context;
    }

    @Override
    public Integer call() {
      context.terminal().println(Json.pretty(context.server().get("/health")));
      return 0;
    }
  }

  /** {@code ash connect}. */
  @Command(
      name = "connect",
      aliases = "link",
      mixinStandardHelpOptions = true,
      description = "Use another server from now on.")
  static final class Connect implements Callable<Integer> {
    private final Context context;

    @Parameters(paramLabel = "<url>")
    private String url = "";

    @Option(names = "--api-key", paramLabel = "<key>")
    private @Nullable String apiKey;

    Connect(Context context) {
      this.context = context;
    }

    @Override
    public Integer call() {
      var key = Optional.ofNullable(apiKey);
      var server = context.once(url, key);
      context.config().connect(server.url(), key);
      context.terminal().println("Linked to " + server.url());
      try {
        server.call(Call.get("/health").within(Duration.ofSeconds(10)));
        if (key.isPresent()) {
          server.call(Call.get("/api/agents").within(Duration.ofSeconds(10)));
        } else {
          context.terminal().note("No key is saved for it: add --api-key, or set ASH_API_KEY.");
        }
      } catch (AshException e) {
        context.terminal().note("Saved, but it cannot be used yet: " + e.text());
      }
      return 0;
    }
  }

  /** {@code ash disconnect}. */
  @Command(
      name = "disconnect",
      aliases = "unlink",
      mixinStandardHelpOptions = true,
      description = "Go back to the node on this machine.")
  static final class Disconnect implements Callable<Integer> {
    private final Context context;

    Disconnect(Context context) {
      this.context = context;
    }

    @Override
    public Integer call() {
      var left = context.config().disconnect();
      context
          .terminal()
          .println(left.map(url -> "Unlinked from " + url).orElse("Not linked to a server."));
      return 0;
    }
  }
}
