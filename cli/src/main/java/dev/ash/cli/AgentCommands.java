package dev.ash.cli;

import dev.ash.client.http.Call;
import dev.ash.client.http.Paths;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code ash agent}: what is deployed. */
@Command(
    name = "agent",
    mixinStandardHelpOptions = true,
    description = "List, show and delete deployed agents.")
final class AgentCommands {
  private final Context context;

  AgentCommands(Context context) {
    this.context = context;
  }

  @Command(mixinStandardHelpOptions = true, description = "All agents.")
  int list() {
    context.terminal().println(Json.pretty(context.server().get("/api/agents").path("agents")));
    return 0;
  }

  @Command(mixinStandardHelpOptions = true, description = "One agent.")
  int info(@Parameters(paramLabel = "<name>") String name) {
    return context.show(context.server().tagged(Call.get(path(name)), "agent"));
  }

  @Command(mixinStandardHelpOptions = true, description = "Delete an agent.")
  int delete(@Parameters(paramLabel = "<name>") String name, @Mixin Guard guard) {
    context.server().call(Call.delete(path(name)).when(guard.condition()));
    context.terminal().println("Deleted agent: " + name);
    return 0;
  }

  private static String path(String name) {
    return "/api/agents/" + Paths.segment(name);
  }
}
