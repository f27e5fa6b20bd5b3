package dev.ash.cli;

import dev.ash.client.http.Query;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code ash usage}: what turns used. */
@Command(
    name = "usage",
    mixinStandardHelpOptions = true,
    description = "What turns used: tokens, tool calls, seconds, cost.")
final class UsageCommands {
  private final Context context;

  UsageCommands(Context context) {
    this.context = context;
  }

  @Command(mixinStandardHelpOptions = true, description = "The sums.")
  int stats(
      @Option(
              names = {"-s", "--session"},
              paramLabel = "<id>")
          @Nullable String session,
      @Option(
              names = {"-a", "--agent"},
              paramLabel = "<name>")
          @Nullable String agent,
      @Option(
              names = "--after",
              paramLabel = "<time>",
              description = "For example 2026-01-31T00:00:00Z.")
          @Nullable String after,
      @Option(names = "--before", paramLabel = "<time>") @Nullable String before) {
    var query = filtered("/api/usage/stats", session, agent, after, before);
    return context.show(context.server().get(query.toString()).path("stats"));
  }

  @Command(mixinStandardHelpOptions = true, description = "The single figures, the newest first.")
  int list(
      @Option(
              names = {"-s", "--session"},
              paramLabel = "<id>")
          @Nullable String session,
      @Option(
              names = {"-a", "--agent"},
              paramLabel = "<name>")
          @Nullable String agent,
      @Option(
              names = "--after",
              paramLabel = "<time>",
              description = "For example 2026-01-31T00:00:00Z.")
          @Nullable String after,
      @Option(names = "--before", paramLabel = "<time>") @Nullable String before,
      @Option(names = "--limit", paramLabel = "N") @Nullable Integer limit) {
    var query =
        filtered("/api/usage", session, agent, after, before)
            .andIf("limit", Optional.ofNullable(limit));
    return context.show(context.server().get(query.toString()).path("events"));
  }

  @Command(
      mixinStandardHelpOptions = true,
      description = "Agents, sessions, usage and evals in one answer.")
  int summary() {
    return context.show(context.server().get("/api/analytics"));
  }

  private static Query filtered(
      String path,
      @Nullable String session,
      @Nullable String agent,
      @Nullable String after,
      @Nullable String before) {
    return new Query(path)
        .andIf("sessionId", Optional.ofNullable(session))
        .andIf("agentName", Optional.ofNullable(agent))
        .andIf("after", Optional.ofNullable(after))
        .andIf("before", Optional.ofNullable(before));
  }
}
