package dev.ash.node.session;

import dev.ash.node.bridge.Bridge;
import dev.ash.node.session.SessionReply.FileDone;
import dev.ash.node.session.SessionReply.Listed;
import dev.ash.node.session.SessionReply.ListedFile;
import dev.ash.node.session.SessionReply.NotLive;
import dev.ash.node.session.SessionReply.Part;
import dev.ash.node.session.SessionReply.Refused;
import dev.ash.node.session.SessionReply.Shown;
import dev.ash.node.session.Sessions.FileContent;
import dev.ash.node.session.Sessions.FileInfo;
import dev.ash.node.session.Sessions.Files;
import dev.ash.node.session.Sessions.NewFile;
import dev.ash.node.session.Sessions.Result;
import dev.ash.node.session.Sessions.Written;
import dev.ash.node.upload.Content;
import dev.ash.node.workspace.PathRules;
import dev.ash.node.workspace.Workspaces;
import dev.ash.protocol.id.Digest;
import dev.ash.protocol.id.SessionId;
import dev.ash.protocol.id.TenantId;
import dev.ash.protocol.session.Rejection;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/**
 * A session's files (contract 2.8): the {@link LiveFiles} while a sandbox runs, so that links lead
 * where they lead inside; else the {@link SavedFiles}. Nothing here opens a path that an agent
 * made.
 */
final class SessionFiles {
  private static final long LARGEST_WRITTEN = 50L << 20;
  private static final long LARGEST_BATCH = 100L << 20;

  private static final int TRIES = 5;
  private static final Duration BETWEEN_TRIES = Duration.ofMillis(50);

  private final SessionEntities entities;
  private final LiveFiles live;
  private final SavedFiles lastSaved;
  private final Executor blocking;

  SessionFiles(
      SessionEntities entities, Workspaces workspaces, Executor blocking, InstantSource clock) {
    this.entities = entities;
    this.live = new LiveFiles(entities, blocking);
    this.lastSaved = new SavedFiles(workspaces, clock);
    this.blocking = blocking;
  }

  CompletionStage<Result<Files>> list(TenantId tenant, SessionId id, boolean includeHidden) {
    return entities
        .ask(id, replyTo -> new SessionCommand.ListFiles(tenant, replyTo))
        .thenApplyAsync(
            reply ->
                switch (reply) {
                  case Listed(var files) ->
                      new Result.Ok<>(new Files(shown(files, includeHidden), "sandbox"));
                  case NotLive saved ->
                      new Result.Ok<>(
                          new Files(
                              shown(lastSaved.list(saved.files()), includeHidden), "snapshot"));
                  case Refused(var why) -> new Result.Refused<Files>(why);
                  case SessionReply other -> throw unexpected(other);
                },
            blocking);
  }

  private static List<FileInfo> shown(List<ListedFile> files, boolean includeHidden) {
    return files.stream()
        .filter(file -> !file.link() && PathRules.isListed(file.path(), includeHidden))
        .map(file -> new FileInfo(file.path(), file.size(), file.modified()))
        .toList();
  }

  CompletionStage<Result<FileContent>> read(
      TenantId tenant, SessionId id, String path, long maxBytes) {
    if (path.isEmpty()) {
      return refused(Rejection.Code.INVALID, "File path required");
    }
    var clean = PathRules.clean(path);
    if (clean.isEmpty()) {
      return refused(Rejection.Code.INVALID, "Invalid file path");
    }
    var name = clean.get();
    return live.part(tenant, id, name, 0)
        .thenApplyAsync(
            reply ->
                switch (reply) {
                  case Part first -> read(tenant, id, name, first, maxBytes);
                  case NotLive saved -> read(saved.files(), name, maxBytes);
                  case Refused(var why) -> new Result.Refused<FileContent>(why);
                  case SessionReply other -> throw unexpected(other);
                },
            blocking);
  }

  private Result<FileContent> read(
      TenantId tenant, SessionId id, String path, Part first, long maxBytes) {
    return first.size() > maxBytes
        ? tooLarge(first.size(), maxBytes)
        : new Result.Ok<>(live.content(tenant, id, path, first));
  }

  private Result<FileContent> read(Digest manifest, String path, long maxBytes) {
    return switch (lastSaved.find(manifest, path)) {
      case Result.Ok(var entry) when entry.size() > maxBytes -> tooLarge(entry.size(), maxBytes);
      case Result.Ok(var entry) -> new Result.Ok<>(lastSaved.content(entry));
      case Result.Refused(var why) -> new Result.Refused<>(why);
    };
  }

  private static <T> Result<T> tooLarge(long size, long max) {
    return new Result.Refused<>(
        new Rejection(
            Rejection.Code.INVALID, "File too large (%d bytes, max %d)".formatted(size, max)));
  }

  CompletionStage<Result<List<Written>>> write(
      TenantId tenant, SessionId id, String targetPath, List<NewFile> files) {
    CompletionStage<List<Written>> done = CompletableFuture.completedFuture(List.of());
    var total = 0L;
    for (var file : files) {
      total += file.content().size();
      var within = total <= LARGEST_BATCH;
      done =
          done.thenCompose(
              before ->
                  write(tenant, id, targetPath, file, within)
                      .thenApply(
                          written -> {
                            var all = new ArrayList<>(before);
                            all.add(written);
                            return all;
                          }));
    }
    return done.thenApply(Result.Ok::new);
  }

  private CompletionStage<Written> write(
      TenantId tenant, SessionId id, String targetPath, NewFile file, boolean withinBatch) {
    var shown = file.path();
    if (shown.endsWith(".DS_Store")) {
      return CompletableFuture.completedFuture(failed(shown, "Skipped: .DS_Store"));
    }
    var target =
        PathRules.clean(shown).isEmpty() ? Optional.<String>empty() : place(targetPath, shown);
    if (target.isEmpty()) {
      return CompletableFuture.completedFuture(failed(shown, "Invalid file path"));
    }
    var size = file.content().size();
    if (size > LARGEST_WRITTEN) {
      return CompletableFuture.completedFuture(
          failed(shown, "File too large (%d bytes, max %d)".formatted(size, LARGEST_WRITTEN)));
    }
    if (!withinBatch) {
      return CompletableFuture.completedFuture(failed(shown, "Batch size limit exceeded"));
    }
    return retried(() -> send(tenant, id, target.get(), file.content()))
        .thenApply(
            reply ->
                switch (reply) {
                  case FileDone _, Shown _ ->
                      new Written(shown, true, OptionalLong.of(size), Optional.empty());
                  case Refused(var why) -> failed(shown, why.detail());
                  case SessionReply other -> throw unexpected(other);
                });
  }

  private static Optional<String> place(String targetPath, String path) {
    return targetPath.startsWith("/") ? Optional.empty() : PathRules.clean(targetPath + "/" + path);
  }

  private static Written failed(String path, String why) {
    return new Written(path, false, OptionalLong.empty(), Optional.of(why));
  }

  private CompletionStage<SessionReply> send(
      TenantId tenant, SessionId id, String path, Content content) {
    return live.send(tenant, id, path, content)
        .thenCompose(
            reply ->
                reply instanceof NotLive saved
                    ? swap(tenant, id, saved, entries -> lastSaved.with(entries, path, content))
                    : CompletableFuture.completedFuture(reply));
  }

  /** Sends a file of this node into a live sandbox. */
  CompletionStage<SessionReply> sendFile(TenantId tenant, SessionId id, String path, Path file)
      throws IOException {
    return live.send(tenant, id, path, file);
  }

  CompletionStage<Result<String>> delete(TenantId tenant, SessionId id, String path) {
    if (path.isEmpty()) {
      return refused(Rejection.Code.INVALID, "File path required");
    }
    var clean = PathRules.clean(path);
    if (clean.isEmpty()) {
      return refused(Rejection.Code.INVALID, "Invalid file path");
    }
    var name = clean.get();
    return retried(
            () ->
                entities
                    .ask(id, replyTo -> new SessionCommand.DeleteFile(tenant, name, replyTo))
                    .thenCompose(
                        reply ->
                            reply instanceof NotLive saved
                                ? deleteSaved(tenant, id, saved, name)
                                : CompletableFuture.completedFuture(reply)))
        .thenApply(
            reply ->
                switch (reply) {
                  case FileDone _, Shown _ -> new Result.Ok<>(name);
                  case Refused(var why) -> new Result.Refused<String>(why);
                  case SessionReply other -> throw unexpected(other);
                });
  }

  private CompletionStage<SessionReply> deleteSaved(
      TenantId tenant, SessionId id, NotLive saved, String path) {
    return CompletableFuture.supplyAsync(() -> lastSaved.entries(saved.files()), blocking)
        .thenCompose(
            entries -> {
              var found = entries.stream().filter(e -> e.path().equals(path)).findFirst();
              if (found.isEmpty()) {
                return CompletableFuture.completedFuture(
                    new Refused(new Rejection(Rejection.Code.NOT_FOUND, "File not found")));
              }
              if (found.get().kind() == Bridge.Kind.DIRECTORY) {
                return CompletableFuture.completedFuture(
                    new Refused(new Rejection(Rejection.Code.INVALID, "Path is not a file")));
              }
              return swap(
                  tenant,
                  id,
                  saved,
                  all -> all.stream().filter(e -> !e.path().equals(path)).toList());
            });
  }

  CompletionStage<SessionReply> swap(
      TenantId tenant, SessionId id, NotLive saved, UnaryOperator<List<Workspaces.Entry>> change) {
    return CompletableFuture.supplyAsync(() -> lastSaved.change(saved.files(), change), blocking)
        .thenCompose(
            next ->
                entities.ask(
                    id,
                    replyTo ->
                        new SessionCommand.SwapWorkspace(
                            tenant, saved.workspace(), next, replyTo)));
  }

  /** A sandbox that starts or a save that comes between: then it is to be asked anew. */
  CompletionStage<SessionReply> retried(Supplier<CompletionStage<SessionReply>> work) {
    return retried(work, TRIES);
  }

  private CompletionStage<SessionReply> retried(
      Supplier<CompletionStage<SessionReply>> work, int tries) {
    return work.get()
        .thenCompose(
            reply ->
                tries > 1 && reply instanceof Refused(var why) && why.code() == Rejection.Code.BUSY
                    ? CompletableFuture.supplyAsync(
                            () -> retried(work, tries - 1),
                            CompletableFuture.delayedExecutor(
                                BETWEEN_TRIES.toMillis(), TimeUnit.MILLISECONDS, blocking))
                        .thenCompose(again -> again)
                    : CompletableFuture.completedFuture(reply));
  }

  private static <T> CompletionStage<Result<T>> refused(Rejection.Code code, String detail) {
    return CompletableFuture.completedFuture(new Result.Refused<>(new Rejection(code, detail)));
  }

  private static IllegalStateException unexpected(SessionReply reply) {
    return new IllegalStateException("reply: " + reply);
  }
}
