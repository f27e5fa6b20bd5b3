package dev.ash.cli;

import dev.ash.client.http.Paths;
import dev.ash.client.http.Query;
import dev.ash.client.model.NewEvalRun;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code ash eval run}: passes over the cases. */
@Command(
    name = "run",
    mixinStandardHelpOptions = true,
    description = "Runs over the cases of an agent.")
final class EvalRunCommands {
  private final Context context;

  EvalRunCommands(Context context) {
    this.context = context;
  }

  @Command(
      mixinStandardHelpOptions = true,
      description = "Start a run over the active cases; does not wait for it.")
  int start(
      @Parameters(paramLabel = "<agent>") String agent,
      @Option(names = "--version-number", paramLabel = "N", description = "Of the agent.")
          @Nullable Integer version,
      @Option(names = "--category", paramLabel = "<category>") @Nullable List<String> categories,
      @Option(names = "--tag", paramLabel = "<tag>") @Nullable List<String> tags) {
    var wanted = NewEvalRun.of();
    wanted = version == null ? wanted : wanted.versionNumber(version);
    wanted = categories == null ? wanted : wanted.categories(categories);
    wanted = tags == null ? wanted : wanted.tags(tags);
    return context.show(context.server().post(path(agent), wanted.json()).path("run"));
  }

  @Command(mixinStandardHelpOptions = true, description = "All runs, the newest first.")
  int list(@Parameters(paramLabel = "<agent>") String agent) {
    return context.show(context.server().get(path(agent)).path("runs"));
  }

  @Command(
      mixinStandardHelpOptions = true,
      description = "One run, with its figures when it is over.")
  int show(
      @Parameters(paramLabel = "<agent>") String agent,
      @Parameters(paramLabel = "<run>") String run) {
    return context.show(context.server().get(path(agent, run)).path("run"));
  }

  @Command(
      mixinStandardHelpOptions = true,
      description = "What was answered to each case, and how that scored.")
  int results(
      @Parameters(paramLabel = "<agent>") String agent,
      @Parameters(paramLabel = "<run>") String run) {
    return context.show(context.server().get(path(agent, run) + "/results").path("results"));
  }

  @Command(mixinStandardHelpOptions = true, description = "Two runs side by side.")
  int compare(
      @Parameters(paramLabel = "<agent>") String agent,
      @Parameters(paramLabel = "<run>") String runA,
      @Parameters(paramLabel = "<run>") String runB) {
    var query = new Query(path(agent) + "/compare").and("runA", runA).and("runB", runB);
    return context.show(context.server().get(query.toString()).path("comparison"));
  }

  private static String path(String agent) {
    return "/api/agents/" + Paths.segment(agent) + "/eval-runs";
  }

  private static String path(String agent, String run) {
    return path(agent) + "/" + Paths.segment(run);
  }
}
