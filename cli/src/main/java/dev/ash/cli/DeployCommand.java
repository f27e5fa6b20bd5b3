package dev.ash.cli;

import dev.ash.client.Agents;
import dev.ash.client.http.OnlyIf;
import dev.ash.client.model.Deployment;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code ash deploy}: uploads an agent's folder. */
@Command(
    name = "deploy",
    mixinStandardHelpOptions = true,
    description = "Deploy the folder of an agent; deploying again makes a new version.")
final class DeployCommand implements Callable<Integer> {
  private final Context context;

  @Parameters(paramLabel = "<path>", description = "A folder that holds CLAUDE.md.")
  private Path path = Path.of(".");

  @Option(
      names = {"-n", "--name"},
      description = "The agent's name; the folder's name when absent.")
  private @Nullable String name;

  @Option(
      names = {"-e", "--env"},
      paramLabel = "NAME=VALUE",
      description = "A variable of the agent; wins over .env.local, which wins over .env.")
  private List<String> env = List.of();

  @Mixin private Guard.OrNew guard = new Guard.OrNew();

  DeployCommand(Context context) {
    this.context = context;
  }

  @Override
  public Integer call() {
    deploy(context, context.server(), path, name, env, guard.condition());
    return 0;
  }

  static String deploy(
      Context context,
      Server server,
      Path path,
      @Nullable String name,
      List<String> env,
      Optional<OnlyIf> condition) {
    var folder = AgentFolder.read(path);
    var variables = new TreeMap<>(folder.env());
    variables.putAll(Dotenv.options(env));
    var agentName = name == null ? folder.name() : AgentFolder.normalized(name);
    var deployment = Deployment.ofFiles(agentName, folder.files());
    var terminal = context.terminal();
    terminal.println("Uploading " + folder.files().size() + " file(s)...");
    var agent =
        agents(server, condition)
            .deploy(variables.isEmpty() ? deployment : deployment.env(variables));
    terminal.println("Deployed agent \"%s\" (v%s)".formatted(agent.name(), agent.version()));
    if (!variables.isEmpty()) {
      terminal.println("  Env: " + String.join(", ", variables.keySet()));
    }
    return agentName;
  }

  private static Agents agents(Server server, Optional<OnlyIf> condition) {
    var agents = server.ash().agents();
    return condition.map(agents::onlyIf).orElse(agents);
  }
}
