package dev.ash.node.session;

import dev.ash.node.session.SessionReply.Listed;
import dev.ash.node.session.SessionReply.ListedFile;
import dev.ash.node.session.SessionReply.NotLive;
import dev.ash.node.session.SessionReply.Refused;
import dev.ash.node.session.Sessions.FileContent;
import dev.ash.node.session.Sessions.Result;
import dev.ash.node.workspace.Overlay;
import dev.ash.node.workspace.PathRules;
import dev.ash.node.workspace.TarballReader;
import dev.ash.node.workspace.TarballWriter;
import dev.ash.node.workspace.Workspaces;
import dev.ash.protocol.id.SessionId;
import dev.ash.protocol.id.TenantId;
import dev.ash.protocol.session.Rejection;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.zip.GZIPOutputStream;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.stream.javadsl.StreamConverters;
import org.apache.pekko.util.ByteString;

/** Makes bundles of workspaces and unpacks them, by way of a file in the node's own folder. */
final class SessionBundles implements Bundles {
  private static final Duration UNPACK_TIME = Duration.ofMinutes(3);
  private static final Duration READ_TIME = Duration.ofSeconds(30);
  private static final String TOO_LARGE = "Bundle exceeds maximum size of " + LARGEST + " bytes";

  private final SessionEntities entities;
  private final SessionFiles files;
  private final Workspaces workspaces;
  private final BundleFolder folder;
  private final long diskBytes;
  private final ActorSystem<?> system;
  private final Executor blocking;

  SessionBundles(
      SessionEntities entities,
      SessionFiles files,
      Workspaces workspaces,
      BundleFolder folder,
      long diskBytes,
      ActorSystem<?> system,
      Executor blocking) {
    this.entities = entities;
    this.files = files;
    this.workspaces = workspaces;
    this.folder = folder;
    this.diskBytes = diskBytes;
    this.system = system;
    this.blocking = blocking;
  }

  @Override
  public CompletionStage<Result<Bundle>> download(TenantId tenant, SessionId id) {
    return entities
        .ask(id, replyTo -> new SessionCommand.ListFiles(tenant, replyTo))
        .thenApplyAsync(
            reply ->
                switch (reply) {
                  case Listed(var live) -> packed(tenant, id, live);
                  case NotLive saved -> packed(tenant, id, files.savedFiles(saved.files()));
                  case Refused(var why) -> new Result.Refused<Bundle>(why);
                  case SessionReply other -> throw unexpected(other);
                },
            blocking);
  }

  private Result<Bundle> packed(TenantId tenant, SessionId id, List<ListedFile> listed) {
    var permit = folder.take();
    if (permit.isEmpty()) {
      return refused(Rejection.Code.NO_CAPACITY, "Too many bundles are being made; try again");
    }
    try (var busy = permit.get()) {
      var file = busy.newFile();
      try (var out = new BufferedOutputStream(Files.newOutputStream(file));
          var tar =
              new TarballWriter(
                  new GZIPOutputStream(TarballWriter.bounded(out, LARGEST, TOO_LARGE)))) {
        for (var one : listed) {
          if (PathRules.isBundled(one.path())) {
            add(tar, tenant, id, one);
          }
        }
      } catch (IOException | RuntimeException | InterruptedException e) {
        Files.deleteIfExists(file);
        throw e;
      }
      return new Result.Ok<>(new Bundle(Files.size(file), folder.once(file)));
    } catch (Workspaces.TooLargeException e) {
      return refused(Rejection.Code.FAILED, String.valueOf(e.getMessage()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return refused(Rejection.Code.UNAVAILABLE, "The node ends; try again");
    }
  }

  /** What is gone by now, or a link that leads to nothing inside, is left out. */
  private void add(TarballWriter tar, TenantId tenant, SessionId id, ListedFile file)
      throws IOException, InterruptedException {
    Result<FileContent> read;
    try {
      read =
          files
              .read(tenant, id, file.content(), Long.MAX_VALUE)
              .toCompletableFuture()
              .get(READ_TIME.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException | TimeoutException e) {
      throw new IOException("file " + file.path() + " of session " + id, e);
    }
    if (read instanceof Result.Ok<FileContent>(var content)) {
      try (var in = content.bytes().runWith(StreamConverters.asInputStream(READ_TIME), system)) {
        tar.file(file.path(), file.mode(), file.modified(), content.size(), in);
      }
    }
  }

  @Override
  public CompletionStage<Result<Restored>> upload(
      TenantId tenant, SessionId id, ByteString bundle) {
    return entities
        .ask(id, replyTo -> new SessionCommand.Show(tenant, replyTo))
        .thenComposeAsync(
            reply ->
                reply instanceof Refused(var why)
                    ? CompletableFuture.completedStage(new Result.Refused<Restored>(why))
                    : unpacked(tenant, id, bundle),
            blocking);
  }

  private CompletionStage<Result<Restored>> unpacked(
      TenantId tenant, SessionId id, ByteString bundle) {
    try {
      var entries = new TarballReader(workspaces, diskBytes).read(bundle.asInputStream());
      return files
          .retried(() -> place(tenant, id, entries))
          .thenApply(
              reply ->
                  switch (reply) {
                    case SessionReply.Executed(var code, var _, var error) ->
                        code == 0
                            ? new Result.Ok<>(Restored.LIVE_SANDBOX)
                            : refused(
                                Rejection.Code.FAILED,
                                "The bundle could not be unpacked: " + error.strip());
                    case SessionReply.FileDone _, SessionReply.Shown _ ->
                        new Result.Ok<>(Restored.SAVED_FILES);
                    case Refused(var why) -> new Result.Refused<Restored>(why);
                    case SessionReply other -> throw unexpected(other);
                  });
    } catch (TarballReader.InvalidException e) {
      return CompletableFuture.completedStage(
          refused(Rejection.Code.INVALID, "Invalid bundle: " + e.getMessage()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Into the running sandbox, where its own rules hold, or else over the files last saved. */
  private CompletionStage<SessionReply> place(
      TenantId tenant, SessionId id, List<Workspaces.Entry> entries) {
    return entities
        .ask(id, replyTo -> new SessionCommand.ListFiles(tenant, replyTo))
        .thenComposeAsync(
            reply ->
                switch (reply) {
                  case Listed _ -> sent(tenant, id, entries);
                  case NotLive saved ->
                      files.swap(tenant, id, saved, known -> Overlay.of(known, entries));
                  case SessionReply other -> CompletableFuture.completedStage(other);
                },
            blocking);
  }

  private CompletionStage<SessionReply> sent(
      TenantId tenant, SessionId id, List<Workspaces.Entry> entries) {
    var permit = folder.take();
    if (permit.isEmpty()) {
      return CompletableFuture.completedStage(
          new Refused(
              new Rejection(
                  Rejection.Code.NO_CAPACITY, "Too many bundles are being unpacked; try again")));
    }
    var archive = "tmp/.ash-" + permit.get().name() + ".tar";
    try {
      var file = permit.get().newFile();
      write(entries, file);
      return files
          .sendFile(tenant, id, archive, file)
          .thenCompose(
              reply ->
                  reply instanceof SessionReply.FileDone
                      ? entities.ask(
                          id,
                          replyTo -> new SessionCommand.Unpack(tenant, archive, replyTo),
                          UNPACK_TIME)
                      : CompletableFuture.completedStage(changed(reply)))
          .whenComplete((_, _) -> permit.get().close(file));
    } catch (IOException e) {
      permit.get().close();
      throw new UncheckedIOException(e);
    }
  }

  /** A sandbox that went while the archive was sent: then the saved files are the place. */
  private static SessionReply changed(SessionReply reply) {
    return reply instanceof NotLive
        ? new Refused(new Rejection(Rejection.Code.BUSY, "The session's sandbox went; try again"))
        : reply;
  }

  private void write(List<Workspaces.Entry> entries, Path file) throws IOException {
    try (var tar = new TarballWriter(new BufferedOutputStream(Files.newOutputStream(file)))) {
      for (var entry : entries) {
        switch (entry.kind()) {
          case FILE -> {
            try (var content = workspaces.open(entry.blob().orElseThrow())) {
              tar.file(entry.path(), entry.mode(), entry.modified(), entry.size(), content);
            }
          }
          case LINK -> tar.link(entry.path(), entry.target().orElseThrow(), entry.modified());
          case DIRECTORY -> tar.folder(entry.path(), entry.mode(), entry.modified());
        }
      }
    }
  }

  private static <T> Result<T> refused(Rejection.Code code, String detail) {
    return new Result.Refused<>(new Rejection(code, detail));
  }

  private static IllegalStateException unexpected(SessionReply reply) {
    return new IllegalStateException("reply: " + reply);
  }
}
