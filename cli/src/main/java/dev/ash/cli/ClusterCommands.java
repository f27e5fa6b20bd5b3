package dev.ash.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** What an operator asks the management port of a node. */
@Command(
    name = "cluster",
    mixinStandardHelpOptions = true,
    description = "Shows the nodes of a cluster and takes one out.")
final class ClusterCommands implements Runnable {
  private static final String LOCAL = "http://localhost:7626";

  @Override
  public void run() {
    throw new CliException("no command given", "Help: ./ash cluster --help");
  }

  private static Server management(Context context, @Nullable String url, Optional<String> secret) {
    return Server.of(
        Optional.ofNullable(url).or(context.settings()::managementUrl).orElse(LOCAL),
        secret,
        context);
  }

  /** {@code ash cluster status}. */
  @Command(
      name = "status",
      mixinStandardHelpOptions = true,
      description = "The nodes, what they do, and where the sessions are.")
  static final class Status implements Callable<Integer> {
    private static final String ROW = "%-24s %-9s %-12s %-8s %9s %6s %8s %7s  %s";

    private final Context context;

    @Option(
        names = "--management",
        paramLabel = "<url>",
        description =
            "Management address of any node (default: ASH_MANAGEMENT_URL, or " + LOCAL + ").")
    private @Nullable String management;

    @Option(names = "--json", description = "As the node says it.")
    private boolean json;

    Status(Context context) {
      this.context = context;
    }

    /** 0 when all nodes are up and reachable, else 1. */
    @Override
    public Integer call() {
      var overview = management(context, management, Optional.empty()).get("/nodes");
      if (json) {
        context.terminal().println(Json.pretty(overview));
      } else {
        print(overview);
      }
      return overview.path("nodes").valueStream().allMatch(Status::isWell) ? 0 : 1;
    }

    private static boolean isWell(JsonNode node) {
      return node.path("status").asText().equals("up") && node.path("reachable").asBoolean();
    }

    private void print(JsonNode overview) {
      var terminal = context.terminal();
      terminal.println(
          ROW.formatted(
                  "NODE",
                  "STATUS",
                  "ROLES",
                  "VERSION",
                  "SANDBOXES",
                  "SHARDS",
                  "SESSIONS",
                  "TURNS",
                  "")
              .stripTrailing());
      overview.path("nodes").forEach(node -> terminal.println(row(overview, node)));
      terminal.println(
          "%d sessions in memory in %d shards"
              .formatted(overview.path("sessions").asInt(), overview.path("shards").asInt()));
    }

    private static String row(JsonNode overview, JsonNode node) {
      var load = node.path("load");
      var held =
          load.path("starting").asInt()
              + load.path("warm").asInt()
              + load.path("waiting").asInt()
              + load.path("running").asInt();
      return ROW.formatted(
              node.path("address").asText(),
              node.path("reachable").asBoolean() ? node.path("status").asText() : "lost",
              String.join(",", node.path("roles").valueStream().map(JsonNode::asText).toList()),
              node.path("version").asText(),
              load.isMissingNode() ? "?" : held + "/" + load.path("capacity").asInt(),
              node.path("shards").asInt(),
              node.path("sessions").asInt(),
              load.isMissingNode() ? "?" : load.path("runningTurns").asText(),
              remarks(overview, node))
          .stripTrailing();
    }

    private static String remarks(JsonNode overview, JsonNode node) {
      var address = node.path("address");
      return (address.equals(overview.path("leader")) ? "leader " : "")
          + (address.equals(overview.path("oldest")) ? "oldest " : "")
          + (node.path("load").path("draining").asBoolean() ? "draining" : "");
    }
  }

  /** {@code ash cluster drain}. */
  @Command(
      name = "drain",
      mixinStandardHelpOptions = true,
      description = "Lets a node leave in order: turns end or are handed over, then it stops.")
  static final class Drain implements Callable<Integer> {
    private final Context context;

    @Option(
        names = "--management",
        paramLabel = "<url>",
        description =
            "Management address of the node (default: ASH_MANAGEMENT_URL, or " + LOCAL + ").")
    private @Nullable String management;

    Drain(Context context) {
      this.context = context;
    }

    @Override
    public Integer call() {
      var secret = context.settings().internalSecret();
      if (secret.isEmpty()) {
        throw new CliException(
            "ASH_INTERNAL_SECRET is not set",
            "It must be that of the node: draining is guarded by it.");
      }
      var server = management(context, management, secret);
      server.post("/drain");
      context.terminal().println("Draining " + server.url());
      return 0;
    }
  }
}
