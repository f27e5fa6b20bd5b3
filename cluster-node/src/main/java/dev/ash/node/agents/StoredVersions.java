package dev.ash.node.agents;

import dev.ash.node.agents.Agents.Outcome;
import dev.ash.persistence.table.VersionRow;
import dev.ash.persistence.table.VersionTable;
import dev.ash.persistence.table.VersionTable.Which;
import dev.ash.protocol.http.IfMatch;
import dev.ash.protocol.id.AgentName;
import dev.ash.protocol.id.TenantId;
import dev.ash.protocol.json.Json;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import java.util.regex.Pattern;

/** Versions in the database. Threads may share it. */
public final class StoredVersions implements AgentVersions {
  private static final Pattern NUMBER = Pattern.compile("[0-9]{1,9}");

  private final VersionTable table;
  private final InstantSource clock;
  private final Supplier<UUID> ids;
  private final Executor blocking;

  /**
   * The versions of a node.
   *
   * @param blocking runs what waits for the database
   */
  public StoredVersions(
      VersionTable table, InstantSource clock, Supplier<UUID> ids, Executor blocking) {
    this.table = table;
    this.clock = clock;
    this.ids = ids;
    this.blocking = blocking;
  }

  @Override
  public CompletionStage<Outcome<List<Version>>> list(TenantId tenant, AgentName agent) {
    return run(
        () ->
            table
                .list(tenant, agent)
                .map(rows -> rows.stream().map(StoredVersions::version).toList())
                .orElseThrow(StoredVersions::noAgent));
  }

  @Override
  public CompletionStage<Outcome<Version>> create(
      TenantId tenant, AgentName agent, Text text, Optional<String> cloneFrom) {
    return run(
        () -> {
          requireAgent(tenant, agent);
          var now = clock.instant();
          var blank =
              new VersionRow(
                  tenant,
                  agent,
                  0,
                  ids.get().toString(),
                  "",
                  Optional.empty(),
                  Optional.empty(),
                  Optional.empty(),
                  false,
                  now,
                  now,
                  1);
          var base = blank;
          if (cloneFrom.isPresent()) {
            var source =
                find(table, tenant, agent, cloneFrom.get())
                    .orElseThrow(
                        () ->
                            RefusedException.invalid(
                                "Source version " + cloneFrom.get() + " not found"));
            // Its name is not taken over: that would be two of the same name.
            base =
                blank.with(
                    "", source.systemPrompt(), source.releaseNotes(), source.knowledgeFilesJson());
          }
          return table
              .add(written(base, text), StoredVersions::named)
              .map(StoredVersions::version)
              .orElseThrow(StoredVersions::noAgent);
        });
  }

  private static VersionRow named(VersionRow row) {
    return row.name().isEmpty()
        ? row.with(
            "v" + row.number(), row.systemPrompt(), row.releaseNotes(), row.knowledgeFilesJson())
        : row;
  }

  private static VersionRow written(VersionRow row, Text text) {
    return row.with(
        text.name().orElse(row.name()),
        text.systemPrompt().or(row::systemPrompt).filter(t -> !t.isEmpty()),
        text.releaseNotes().or(row::releaseNotes).filter(t -> !t.isEmpty()),
        text.knowledgeFiles().map(Json::write).or(row::knowledgeFilesJson));
  }

  @Override
  public CompletionStage<Outcome<Version>> find(TenantId tenant, AgentName agent, String which) {
    return run(
        () -> {
          requireAgent(tenant, agent);
          return version(find(table, tenant, agent, which).orElseThrow(StoredVersions::noVersion));
        });
  }

  @Override
  public CompletionStage<Outcome<Version>> patch(
      TenantId tenant, AgentName agent, String which, Text text, IfMatch guard) {
    return run(
        () -> {
          requireAgent(tenant, agent);
          return table
              .update(
                  tenant,
                  agent,
                  which(which),
                  clock.instant(),
                  guard,
                  row -> named(written(row, text)))
              .map(StoredVersions::version)
              .orElseThrow(StoredVersions::noVersion);
        });
  }

  @Override
  public CompletionStage<Outcome<Version>> delete(
      TenantId tenant, AgentName agent, String which, IfMatch guard) {
    return run(
        () -> {
          requireAgent(tenant, agent);
          return table
              .delete(tenant, agent, which(which), guard)
              .map(StoredVersions::version)
              .orElseThrow(StoredVersions::noVersion);
        });
  }

  @Override
  public CompletionStage<Outcome<Version>> activate(
      TenantId tenant, AgentName agent, String which, IfMatch guard) {
    return run(
        () -> {
          requireAgent(tenant, agent);
          return table
              .activate(tenant, agent, which(which), clock.instant(), guard)
              .map(StoredVersions::version)
              .orElseThrow(StoredVersions::noVersion);
        });
  }

  @Override
  public CompletionStage<Optional<String>> activePrompt(TenantId tenant, AgentName agent) {
    return CompletableFuture.supplyAsync(
        () -> table.active(tenant, agent).flatMap(VersionRow::systemPrompt), blocking);
  }

  private void requireAgent(TenantId tenant, AgentName agent) throws RefusedException {
    if (!table.isAgent(tenant, agent)) {
      throw noAgent();
    }
  }

  private static Optional<VersionRow> find(
      VersionTable table, TenantId tenant, AgentName agent, String which) {
    return table.find(tenant, agent, which(which));
  }

  /** Digits are a number; what is neither that nor an id of ours is simply not found. */
  private static Which which(String text) {
    return NUMBER.matcher(text).matches()
        ? new Which.Numbered(Integer.parseInt(text))
        : new Which.Id(text.toLowerCase(java.util.Locale.ROOT));
  }

  private static RefusedException noAgent() {
    return RefusedException.notFound("Agent not found");
  }

  private static RefusedException noVersion() {
    return RefusedException.notFound("Version not found");
  }

  static Version version(VersionRow row) {
    return new Version(
        row.id(),
        row.tenant(),
        row.agent(),
        row.number(),
        row.name(),
        row.systemPrompt(),
        row.releaseNotes(),
        row.active(),
        row.knowledgeFilesJson()
            .flatMap(Json::parse)
            .map(files -> files.valueStream().map(file -> file.asText()).toList()),
        row.createdAt(),
        row.updatedAt(),
        row.tag());
  }

  private <T> CompletionStage<Outcome<T>> run(Work<T> work) {
    return Work.run(work, blocking);
  }
}
