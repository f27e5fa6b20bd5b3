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
import java.io.UncheckedIOException;
import java.nio.channels.Channels;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.LongFunction;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.apache.pekko.NotUsed;
import org.apache.pekko.japi.Pair;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.stream.javadsl.StreamConverters;
import org.apache.pekko.util.ByteString;

/**
 * A session's files (contract 2.8): through the bridge while a sandbox runs, so that links lead
 * where they lead inside; else those last saved. Nothing here opens a path that an agent made.
 */
final class SessionFiles {
  private static final int PART = 256 << 10;
  private static final long LARGEST_WRITTEN = 50L << 20;
  private static final long LARGEST_BATCH = 100L << 20;

  private static final int TRIES = 5;
  private static final Duration BETWEEN_TRIES = Duration.ofMillis(50);

  private final SessionEntities entities;
  private final Workspaces workspaces;
  private final Executor blocking;
  private final InstantSource clock;

  SessionFiles(
      SessionEntities entities, Workspaces workspaces, Executor blocking, InstantSource clock) {
    this.entities = entities;
    this.workspaces = workspaces;
    this.blocking = blocking;
    this.clock = clock;
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
                          new Files(shown(savedFiles(saved.files()), includeHidden), "snapshot"));
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

  /** Files and links of a saved tree. */
  private List<ListedFile> savedFiles(Digest manifest) {
    return entries(manifest).stream()
        .filter(entry -> entry.kind() != Bridge.Kind.DIRECTORY)
        .map(SessionFiles::listed)
        .toList();
  }

  private static ListedFile listed(Workspaces.Entry entry) {
    return new ListedFile(
        entry.path(),
        entry.size(),
        entry.mode(),
        entry.modified(),
        entry.kind() == Bridge.Kind.LINK);
  }

  /** Where a link of a saved tree leads; its own path when that is outside. */
  static String contentOf(Workspaces.Entry link) {
    return link.target()
        .flatMap(target -> PathRules.targetOf(link.path(), target))
        .filter(target -> !target.isEmpty())
        .orElse(link.path());
  }

  private List<Workspaces.Entry> entries(Digest manifest) {
    try {
      return workspaces.list(manifest);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
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
    return part(tenant, id, name, 0)
        .thenApplyAsync(
            reply ->
                switch (reply) {
                  case Part first -> live(tenant, id, name, first, maxBytes);
                  case NotLive saved -> saved(saved.files(), name, maxBytes);
                  case Refused(var why) -> new Result.Refused<FileContent>(why);
                  case SessionReply other -> throw unexpected(other);
                },
            blocking);
  }

  private CompletionStage<SessionReply> part(
      TenantId tenant, SessionId id, String path, long offset) {
    return entities.ask(
        id, replyTo -> new SessionCommand.ReadFile(tenant, path, offset, PART, replyTo));
  }

  private Result<FileContent> live(
      TenantId tenant, SessionId id, String path, Part first, long maxBytes) {
    if (first.size() > maxBytes) {
      return tooLarge(first.size(), maxBytes);
    }
    var head = bytes(first);
    var tail =
        Source.unfoldAsync(
            first.last() ? -1L : head.size(),
            offset ->
                offset < 0 || offset >= first.size()
                    ? CompletableFuture.completedFuture(Optional.<Pair<Long, ByteString>>empty())
                    : part(tenant, id, path, offset).thenApply(reply -> more(reply, offset)));
    return new Result.Ok<>(
        new FileContent(
            path,
            first.size(),
            "sandbox",
            Source.single(head).concat(tail).via(new ExactLength(first.size()))));
  }

  private static Optional<Pair<Long, ByteString>> more(SessionReply reply, long offset) {
    if (!(reply instanceof Part part)) {
      throw new IllegalStateException("the file could not be read on: " + reply);
    }
    var bytes = bytes(part);
    return bytes.isEmpty()
        ? Optional.empty()
        : Optional.of(Pair.create(part.last() ? -1L : offset + bytes.size(), bytes));
  }

  private static ByteString bytes(Part part) {
    return ByteString.fromArray(Base64.getDecoder().decode(part.base64()));
  }

  private Result<FileContent> saved(Digest manifest, String path, long maxBytes) {
    var entries = entries(manifest);
    var found = entries.stream().filter(entry -> entry.path().equals(path)).findFirst();
    if (found.isEmpty()) {
      // a folder may be there only by what lies in it
      return entries.stream().anyMatch(entry -> entry.path().startsWith(path + "/"))
          ? new Result.Refused<>(new Rejection(Rejection.Code.INVALID, "Path is not a file"))
          : new Result.Refused<>(new Rejection(Rejection.Code.NOT_FOUND, "File not found"));
    }
    var entry = found.get();
    if (entry.kind() != Bridge.Kind.FILE) {
      return new Result.Refused<>(new Rejection(Rejection.Code.INVALID, "Path is not a file"));
    }
    if (entry.size() > maxBytes) {
      return tooLarge(entry.size(), maxBytes);
    }
    var blob = entry.blob().orElseThrow();
    Source<ByteString, NotUsed> content =
        StreamConverters.fromInputStream(() -> workspaces.open(blob))
            .mapMaterializedValue(_ -> NotUsed.getInstance());
    return new Result.Ok<>(new FileContent(path, entry.size(), "snapshot", content));
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
    return sendParts(tenant, id, path, content.size(), from -> part(content, from), 0)
        .thenCompose(
            reply ->
                reply instanceof NotLive saved
                    ? swap(tenant, id, saved, entries -> with(entries, path, content))
                    : CompletableFuture.completedFuture(reply));
  }

  /** Sends a file of this node into a live sandbox. */
  CompletionStage<SessionReply> sendFile(TenantId tenant, SessionId id, String path, Path file)
      throws IOException {
    return sendParts(tenant, id, path, java.nio.file.Files.size(file), from -> part(file, from), 0);
  }

  /** Sends what is left from an offset on, until a part is not taken. */
  private CompletionStage<SessionReply> sendParts(
      TenantId tenant,
      SessionId id,
      String path,
      long size,
      LongFunction<byte[]> parts,
      long offset) {
    return CompletableFuture.supplyAsync(() -> parts.apply(offset), blocking)
        .thenCompose(
            bytes -> {
              var end = offset + bytes.length;
              var part = Base64.getEncoder().encodeToString(bytes);
              return entities
                  .ask(
                      id,
                      to ->
                          new SessionCommand.WriteFile(tenant, path, offset, part, end == size, to))
                  .thenCompose(
                      reply ->
                          end == size || !(reply instanceof FileDone)
                              ? CompletableFuture.completedFuture(reply)
                              : sendParts(tenant, id, path, size, parts, end));
            });
  }

  private static byte[] part(Content content, long offset) {
    try {
      return content.part(offset, PART);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static byte[] part(Path file, long offset) {
    try (var in = java.nio.file.Files.newByteChannel(file)) {
      return Channels.newInputStream(in.position(offset)).readNBytes(PART);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private List<Workspaces.Entry> with(
      List<Workspaces.Entry> entries, String path, Content content) {
    var changed = new ArrayList<>(entries);
    changed.removeIf(entry -> entry.path().equals(path));
    try (var in = content.open()) {
      var blob = workspaces.storeBlob(in);
      changed.add(
          new Workspaces.Entry(
              path,
              Bridge.Kind.FILE,
              content.size(),
              0644,
              clock.instant(),
              Optional.of(blob),
              Optional.empty()));
      return changed;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
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
    return CompletableFuture.supplyAsync(() -> entries(saved.files()), blocking)
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
    return CompletableFuture.supplyAsync(
            () -> {
              try {
                return workspaces.change(saved.files(), change);
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            },
            blocking)
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
