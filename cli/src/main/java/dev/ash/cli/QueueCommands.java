package dev.ash.cli;

import dev.ash.client.http.Paths;
import dev.ash.client.http.Query;
import dev.ash.client.model.NewQueueItem;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code ash queue}: prompts that are run when there is room. */
@Command(
    name = "queue",
    mixinStandardHelpOptions = true,
    description = "Add prompts to the queue and see what became of them.")
final class QueueCommands {
  private final Context context;

  QueueCommands(Context context) {
    this.context = context;
  }

  @Command(mixinStandardHelpOptions = true, description = "Add a prompt.")
  int add(
      @Parameters(paramLabel = "<agent>") String agent,
      @Parameters(paramLabel = "<prompt>") String prompt,
      @Option(
              names = {"-s", "--session"},
              paramLabel = "<id>",
              description = "Run it in this session instead of a new one.")
          @Nullable String session,
      @Option(names = "--priority", paramLabel = "N", description = "The highest goes first.")
          @Nullable Integer priority,
      @Option(names = "--max-retries", paramLabel = "N") @Nullable Integer maxRetries) {
    var item = NewQueueItem.of(agent, prompt);
    item = session == null ? item : item.sessionId(session);
    item = priority == null ? item : item.priority(priority);
    item = maxRetries == null ? item : item.maxRetries(maxRetries);
    return context.show(context.server().create("/api/queue", item.json()).path("item"));
  }

  @Command(mixinStandardHelpOptions = true, description = "Items, the newest first.")
  int list(
      @Option(
              names = "--status",
              paramLabel = "<status>",
              description = "pending, processing, completed, failed or cancelled.")
          @Nullable String status,
      @Option(names = "--limit", paramLabel = "N") @Nullable Integer limit) {
    var query =
        new Query("/api/queue")
            .andIf("status", Optional.ofNullable(status))
            .andIf("limit", Optional.ofNullable(limit));
    return context.show(context.server().get(query.toString()).path("items"));
  }

  @Command(mixinStandardHelpOptions = true, description = "One item.")
  int show(@Parameters(paramLabel = "<id>") String id) {
    return context.show(context.server().get("/api/queue/" + Paths.segment(id)).path("item"));
  }

  @Command(
      mixinStandardHelpOptions = true,
      description = "Take an item back that does not run yet.")
  int cancel(@Parameters(paramLabel = "<id>") String id) {
    return context.show(context.server().delete("/api/queue/" + Paths.segment(id)).path("item"));
  }

  @Command(mixinStandardHelpOptions = true, description = "How many items are in which state.")
  int stats() {
    return context.show(context.server().get("/api/queue/stats").path("stats"));
  }
}
