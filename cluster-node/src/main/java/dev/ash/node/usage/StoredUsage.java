package dev.ash.node.usage;

import dev.ash.persistence.table.AgentTable;
import dev.ash.persistence.table.EvalRunTable;
import dev.ash.persistence.table.SessionTable;
import dev.ash.persistence.table.UsageTable;
import dev.ash.persistence.table.UsageTable.Filter;
import dev.ash.persistence.table.UsageTable.UsageRow;
import dev.ash.protocol.id.TenantId;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;

/** Usage in the database; a question first lets the recorder catch up. Threads may share it. */
public final class StoredUsage implements Usage {
  private final UsageTable table;
  private final SessionTable sessions;
  private final AgentTable agents;
  private final EvalRunTable runs;
  private final UsageRecorder recorder;
  private final Executor blocking;

  /**
   * The usage of a node's database.
   *
   * @param blocking runs what waits for the database
   */
  public StoredUsage(
      UsageTable table,
      SessionTable sessions,
      AgentTable agents,
      EvalRunTable runs,
      UsageRecorder recorder,
      Executor blocking) {
    this.table = table;
    this.sessions = sessions;
    this.agents = agents;
    this.runs = runs;
    this.recorder = recorder;
    this.blocking = blocking;
  }

  @Override
  public CompletionStage<List<Event>> events(TenantId tenant, Query query, int limit) {
    return recorder
        .settled()
        .thenApplyAsync(
            _ ->
                table.list(filter(tenant, query), UsageKind.COST_USD.wireName(), limit).stream()
                    .map(StoredUsage::event)
                    .toList(),
            blocking);
  }

  @Override
  public CompletionStage<Stats> stats(TenantId tenant, Query query) {
    return recorder.settled().thenApplyAsync(_ -> sums(tenant, query), blocking);
  }

  @Override
  public CompletionStage<Analytics> analytics(TenantId tenant, Query query) {
    return recorder
        .settled()
        .thenApplyAsync(
            _ ->
                new Analytics(
                    agents.list(tenant).size(),
                    sessions.countByStatus(tenant),
                    sums(tenant, query),
                    runs.countByStatus(tenant)),
            blocking);
  }

  private Stats sums(TenantId tenant, Query query) {
    var totals = table.totals(filter(tenant, query));
    return new Stats(
        sum(totals, UsageKind.INPUT_TOKENS),
        sum(totals, UsageKind.OUTPUT_TOKENS),
        sum(totals, UsageKind.CACHE_CREATION_TOKENS),
        sum(totals, UsageKind.CACHE_READ_TOKENS),
        sum(totals, UsageKind.TOOL_CALL),
        sum(totals, UsageKind.MESSAGE),
        sum(totals, UsageKind.COMPUTE_SECONDS),
        sum(totals, UsageKind.COST_USD));
  }

  private static double sum(Map<String, Double> totals, UsageKind kind) {
    return totals.getOrDefault(kind.wireName(), 0.0);
  }

  private static Filter filter(TenantId tenant, Query query) {
    return new Filter(tenant, query.session(), query.agent(), query.after(), query.before());
  }

  /** The id is the same in every read, in the form of a random UUID, and stored nowhere. */
  private static Event event(UsageRow row) {
    var name = row.session().value() + "/usage/" + row.sequence() + "/" + row.kind();
    var uuid = UUID.nameUUIDFromBytes(name.getBytes(StandardCharsets.UTF_8));
    var version4 = (uuid.getMostSignificantBits() & ~0xF000L) | 0x4000L;
    return new Event(
        new UUID(version4, uuid.getLeastSignificantBits()).toString(),
        row.tenant(),
        row.session(),
        row.agent(),
        row.kind(),
        row.value(),
        row.createdAt());
  }
}
