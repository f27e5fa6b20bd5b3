package dev.ash.node.agents;

import dev.ash.node.bridge.Bridge.Kind;
import dev.ash.node.upload.Content;
import dev.ash.node.workspace.PathRules;
import dev.ash.node.workspace.Workspaces;
import dev.ash.node.workspace.Workspaces.Entry;
import dev.ash.persistence.table.AgentRow;
import dev.ash.persistence.table.AgentTable;
import dev.ash.persistence.table.IdempotencyTable;
import dev.ash.protocol.http.IfMatch;
import dev.ash.protocol.id.AgentName;
import dev.ash.protocol.id.Digest;
import dev.ash.protocol.id.TenantId;
import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.apache.pekko.util.ByteString;

/**
 * Agents in the database, their folders in the blob store. A folder is never changed, only replaced
 * by another manifest, so a session that was made with one keeps it. Threads may share it.
 */
public final class StoredAgents implements Agents {
  private static final String NOT_FOUND = "Agent not found";
  private static final String FILE_NOT_FOUND = "File not found";
  private static final int FILE_MODE = 0644;
  private static final int SCRIPT_MODE = 0755;
  private static final byte[] SCRIPT_MARK = {'#', '!'};

  private final AgentTable table;
  private final KeyedDeployments keyed;
  private final Workspaces workspaces;
  private final Path dataDir;
  private final InstantSource clock;
  private final Supplier<UUID> ids;
  private final Executor blocking;

  /**
   * The agents of a node.
   *
   * @param blocking runs what waits for the database or a disk
   */
  public StoredAgents(
      AgentTable table,
      IdempotencyTable requests,
      Workspaces workspaces,
      Path dataDir,
      InstantSource clock,
      Supplier<UUID> ids,
      Executor blocking) {
    this.table = table;
    this.keyed = new KeyedDeployments(table, requests, clock);
    this.workspaces = workspaces;
    this.dataDir = dataDir;
    this.clock = clock;
    this.ids = ids;
    this.blocking = blocking;
  }

  @Override
  public CompletionStage<Outcome<Agent>> deploy(
      TenantId tenant, Deployment deployment, IfMatch guard) {
    var given = deployment.path().filter(path -> !path.isEmpty());
    return run(
        () -> {
          var key = KeyedDeployments.Key.of(deployment);
          if (key.isPresent()) {
            var before = keyed.before(tenant, deployment, key.get());
            if (before.isPresent()) {
              return agent(before.get());
            }
          }
          return given.isPresent()
              ? deployFolder(tenant, deployment, guard, key, given.get())
              : deployFiles(tenant, deployment, guard, key);
        });
  }

  private Agent deployFolder(
      TenantId tenant,
      Deployment deployment,
      IfMatch guard,
      Optional<KeyedDeployments.Key> key,
      String given)
      throws IOException, RefusedException {
    var folder = serverPath(given);
    var manifest = ServerFolder.copy(workspaces, folder, dataDir);
    return deploy(row(tenant, deployment, folder.toString(), manifest).wanted(guard), key);
  }

  private Agent deploy(AgentTable.Deployment row, Optional<KeyedDeployments.Key> key)
      throws RefusedException {
    return agent(key.isPresent() ? keyed.deploy(row, key.get()) : table.deploy(row));
  }

  private Path serverPath(String given) throws RefusedException {
    try {
      return dataDir.resolve(given).normalize();
    } catch (InvalidPathException _) {
      throw RefusedException.invalid(AgentFolder.NO_INSTRUCTIONS);
    }
  }

  private Agent deployFiles(
      TenantId tenant, Deployment deployment, IfMatch guard, Optional<KeyedDeployments.Key> key)
      throws IOException, RefusedException {
    var files = stored(deployment.files());
    var path = dataDir + "/agents/" + tenant + "/" + deployment.name();
    while (true) {
      var base = uploaded(tenant, deployment.name(), path);
      var manifest = over(base, folder -> addUploads(folder, deployment, files));
      try {
        var row = row(tenant, deployment, path, manifest).madeFrom(base).wanted(guard);
        return deploy(row, key);
      } catch (AgentTable.ChangedMeanwhileException _) {
        // Once more: whoever wrote a file meanwhile keeps it.
      }
    }
  }

  /** What an earlier upload of that name left; files that are not sent again stay. */
  private Optional<Digest> uploaded(TenantId tenant, AgentName name, String path) {
    return table.find(tenant, name).filter(row -> row.path().equals(path)).map(AgentRow::folder);
  }

  private void addUploads(AgentFolder folder, Deployment deployment, List<Entry> files)
      throws IOException, RefusedException {
    for (var file : files) {
      folder.put(file);
    }
    var sent = files.stream().anyMatch(file -> file.path().equals(AgentFolder.INSTRUCTIONS));
    var prompt = deployment.systemPrompt().filter(text -> !text.isEmpty());
    if (!sent && (prompt.isPresent() || !folder.has(AgentFolder.INSTRUCTIONS))) {
      var text = prompt.orElse("# " + deployment.name() + "\n");
      folder.put(stored(AgentFolder.INSTRUCTIONS, Content.of(ByteString.fromString(text))));
    }
    folder.requireInstructions();
  }

  private AgentTable.Deployment row(
      TenantId tenant, Deployment deployment, String path, Digest manifest) {
    return new AgentTable.Deployment(
        tenant,
        deployment.name(),
        ids.get().toString(),
        path,
        deployment.env().map(AgentJson::text),
        manifest,
        clock.instant());
  }

  @Override
  public CompletionStage<List<Agent>> list(TenantId tenant) {
    return CompletableFuture.supplyAsync(
        () -> table.list(tenant).stream().map(StoredAgents::agent).toList(), blocking);
  }

  @Override
  public CompletionStage<Optional<Agent>> find(TenantId tenant, AgentName name) {
    return CompletableFuture.supplyAsync(
        () -> table.find(tenant, name).map(StoredAgents::agent), blocking);
  }

  @Override
  public CompletionStage<Outcome<Agent>> delete(TenantId tenant, AgentName name, IfMatch guard) {
    return run(
        () ->
            table
                .delete(tenant, name, guard)
                .map(StoredAgents::agent)
                .orElseThrow(() -> RefusedException.notFound(NOT_FOUND)));
  }

  @Override
  public CompletionStage<Outcome<Agent>> patch(
      TenantId tenant,
      AgentName name,
      Optional<Map<String, String>> env,
      Optional<String> configJson,
      IfMatch guard) {
    return run(
        () -> {
          var config = AgentJson.object(configJson.orElse("{}"));
          return table
              .update(
                  tenant,
                  name,
                  clock.instant(),
                  guard,
                  row ->
                      row.withEnv(env.map(AgentJson::text).orElse(row.envJson()))
                          .withConfig(AgentJson.merged(row.configJson(), config)))
              .map(StoredAgents::agent)
              .orElseThrow(() -> RefusedException.notFound(NOT_FOUND));
        });
  }

  @Override
  public CompletionStage<Outcome<OfAgent<List<FileInfo>>>> files(TenantId tenant, AgentName name) {
    return run(
        () -> {
          var row = require(tenant, name);
          return new OfAgent<>(folder(row.folder()).listed(), row.tag());
        });
  }

  @Override
  public CompletionStage<Outcome<OfAgent<FileContent>>> file(
      TenantId tenant, AgentName name, String path) {
    return run(
        () -> {
          var row = require(tenant, name);
          var clean = requirePath(path, "Invalid file path");
          var folder = folder(row.folder());
          var file = folder.file(clean);
          if (file.isEmpty()) {
            throw folder.isDirectory(clean)
                ? RefusedException.invalid("Path is not a file")
                : RefusedException.notFound(FILE_NOT_FOUND);
          }
          try (var content = workspaces.open(file.get().blob().orElseThrow())) {
            var bytes = ByteString.fromArrayUnsafe(content.readAllBytes());
            return new OfAgent<>(new FileContent(clean, bytes), row.tag());
          }
        });
  }

  @Override
  public CompletionStage<Outcome<OfAgent<Integer>>> writeFiles(
      TenantId tenant, AgentName name, List<UploadedFile> files, IfMatch guard) {
    return run(
        () -> {
          require(tenant, name);
          var entries = stored(files);
          var changed =
              change(
                  tenant,
                  name,
                  guard,
                  folder -> {
                    for (var entry : entries) {
                      folder.put(entry);
                    }
                  });
          return new OfAgent<>(files.size(), changed.tag());
        });
  }

  @Override
  public CompletionStage<Outcome<OfAgent<String>>> deleteFile(
      TenantId tenant, AgentName name, String path, IfMatch guard) {
    return run(
        () -> {
          require(tenant, name);
          var clean = requirePath(path, "Path escapes agent directory");
          var changed =
              change(
                  tenant,
                  name,
                  guard,
                  folder -> {
                    if (folder.isDirectory(clean)) {
                      throw RefusedException.invalid("Path is not a file");
                    }
                    if (!folder.has(clean)) {
                      throw RefusedException.notFound(FILE_NOT_FOUND);
                    }
                    folder.remove(clean);
                  });
          return new OfAgent<>(clean, changed.tag());
        });
  }

  private static String requirePath(String path, String otherwise) throws RefusedException {
    if (path.isEmpty()) {
      throw RefusedException.invalid("File path required");
    }
    return PathRules.clean(path).orElseThrow(() -> RefusedException.invalid(otherwise));
  }

  private AgentRow require(TenantId tenant, AgentName name) throws RefusedException {
    return table.find(tenant, name).orElseThrow(() -> RefusedException.notFound(NOT_FOUND));
  }

  /** Replaces an agent's folder; starts over when somebody else replaced it meanwhile. */
  private AgentRow change(TenantId tenant, AgentName name, IfMatch guard, Change change)
      throws IOException, RefusedException {
    while (true) {
      var before = require(tenant, name).folder();
      var after = over(Optional.of(before), change);
      var row =
          table
              .update(
                  tenant,
                  name,
                  clock.instant(),
                  guard,
                  current -> current.folder().equals(before) ? current.withFolder(after) : current)
              .orElseThrow(() -> RefusedException.notFound(NOT_FOUND));
      if (row.folder().equals(after)) {
        return row;
      }
    }
  }

  /** The manifest of a folder, or of an empty one, after a change. */
  private Digest over(Optional<Digest> base, Change change) throws IOException, RefusedException {
    var folder = base.isPresent() ? folder(base.get()) : new AgentFolder(List.of());
    change.to(folder);
    folder.requireWithinBounds();
    var from = base.isPresent() ? base.get() : workspaces.store(List.of());
    return workspaces.change(from, ignored -> folder.entries());
  }

  private AgentFolder folder(Digest manifest) throws IOException, RefusedException {
    try {
      return new AgentFolder(workspaces.list(manifest));
    } catch (NoSuchFileException _) {
      throw RefusedException.notFound("Agent directory not found on disk");
    }
  }

  /** Checks all paths before the first byte is stored. */
  private List<Entry> stored(List<UploadedFile> files) throws IOException, RefusedException {
    var paths = new ArrayList<String>(files.size());
    var bytes = 0L;
    for (var file : files) {
      paths.add(
          PathRules.clean(file.path())
              .orElseThrow(
                  () ->
                      RefusedException.invalid(
                          "Path \"" + file.path() + "\" escapes agent directory")));
      bytes += file.content().size();
      AgentFolder.requireWithinBounds(paths.size(), bytes);
    }
    var entries = new ArrayList<Entry>(files.size());
    for (var i = 0; i < paths.size(); i++) {
      entries.add(stored(paths.get(i), files.get(i).content()));
    }
    return entries;
  }

  private Entry stored(String path, Content content) throws IOException {
    var isScript = Arrays.equals(content.part(0, SCRIPT_MARK.length), SCRIPT_MARK);
    return new Entry(
        path,
        Kind.FILE,
        content.size(),
        isScript ? SCRIPT_MODE : FILE_MODE,
        clock.instant().truncatedTo(ChronoUnit.MILLIS),
        Optional.of(workspaces.storeBlob(content.open())),
        Optional.empty());
  }

  private static Agent agent(AgentRow row) {
    return new Agent(
        row.id(),
        row.tenant(),
        row.name(),
        row.version(),
        row.path(),
        AgentJson.environment(row.envJson()),
        row.configJson(),
        row.folder(),
        row.createdAt(),
        row.updatedAt(),
        row.tag());
  }

  private <T> CompletionStage<Outcome<T>> run(Work<T> work) {
    return Work.run(work, blocking);
  }

  /** A change of a folder's entries; it may be asked for more than once. */
  @FunctionalInterface
  private interface Change {
    void to(AgentFolder folder) throws IOException, RefusedException;
  }
}
