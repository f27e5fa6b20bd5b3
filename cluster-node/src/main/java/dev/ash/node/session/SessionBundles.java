package dev.ash.node.session;

import dev.ash.node.bridge.Bridge.Kind;
import dev.ash.node.session.SessionReply.Listed;
import dev.ash.node.session.SessionReply.ListedFile;
import dev.ash.node.session.SessionReply.NotLive;
import dev.ash.node.session.SessionReply.Refused;
import dev.ash.node.session.Sessions.FileContent;
import dev.ash.node.session.Sessions.Result;
import dev.ash.node.upload.Content;
import dev.ash.node.workspace.Overlay;
import dev.ash.node.workspace.PathRules;
import dev.ash.node.workspace.TarballReader;
import dev.ash.node.workspace.TarballWriter;
import dev.ash.node.workspace.Workspaces;
import dev.ash.protocol.id.Digest;
import dev.ash.protocol.id.SessionId;
import dev.ash.protocol.id.TenantId;
import dev.ash.protocol.session.Rejection;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.zip.GZIPOutputStream;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.stream.javadsl.StreamConverters;

/** Makes bundles of workspaces and unpacks them, by way of a file in the node's own folder. */
final class SessionBundles implements Bundles {
  private static final Duration UNPACK_TIME = Duration.ofMinutes(3);
  private static final Duration READ_TIME = Duration.ofSeconds(30);
  private static final Duration PACK_TIME = Duration.ofMinutes(5);
  private static final String BUSY = "Too many bundles are on their way; try again";
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
                  case Listed(var live) -> packed(tenant, tar -> addLive(tar, tenant, id, live));
                  case NotLive saved -> packed(tenant, tar -> addSaved(tar, saved.files()));
                  case Refused(var why) -> new Result.Refused<Bundle>(why);
                  case SessionReply other -> throw unexpected(other);
                },
            blocking);
  }

  /** Puts a workspace's files into an archive; says why it cannot be whole. */
  @FunctionalInterface
  private interface Packing {
    Optional<Rejection> into(TarballWriter tar) throws IOException, InterruptedException;
  }

  private Result<Bundle> packed(TenantId tenant, Packing files) {
    var permit = folder.take(tenant);
    if (permit.isEmpty()) {
      return refused(Rejection.Code.NO_CAPACITY, BUSY);
    }
    var file = permit.get();
    var handedOn = false;
    try {
      Optional<Rejection> problem;
      try (var out = new BufferedOutputStream(Files.newOutputStream(file.create()));
          var tar =
              new TarballWriter(
                  new GZIPOutputStream(TarballWriter.bounded(out, LARGEST, TOO_LARGE)))) {
        problem = files.into(tar);
      }
      if (problem.isPresent()) {
        return new Result.Refused<>(problem.get());
      }
      var bundle = new Bundle(Files.size(file.path()), file.handedOn());
      handedOn = true;
      return new Result.Ok<>(bundle);
    } catch (Workspaces.TooLargeException e) {
      return refused(Rejection.Code.FAILED, String.valueOf(e.getMessage()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return refused(Rejection.Code.UNAVAILABLE, "The node ends; try again");
    } finally {
      if (!handedOn) {
        file.close();
      }
    }
  }

  /** The tree is read once; what is in it cannot change. */
  private Optional<Rejection> addSaved(TarballWriter tar, Digest manifest) throws IOException {
    var entries = workspaces.list(manifest);
    var byPath = new HashMap<String, Workspaces.Entry>();
    entries.forEach(entry -> byPath.put(entry.path(), entry));
    for (var entry : entries) {
      var file = entry.kind() == Kind.LINK ? byPath.get(SavedFiles.contentOf(entry)) : entry;
      if (file != null && file.kind() == Kind.FILE && PathRules.isBundled(entry.path())) {
        try (var content = workspaces.open(file.blob().orElseThrow())) {
          tar.file(entry.path(), file.mode(), file.modified(), file.size(), content);
        }
      }
    }
    return Optional.empty();
  }

  /**
   * A file that is gone by now, or a link that leads to nothing inside, is left out; a sandbox that
   * is gone is not the same.
   */
  private Optional<Rejection> addLive(
      TarballWriter tar, TenantId tenant, SessionId id, List<ListedFile> listed)
      throws IOException, InterruptedException {
    var deadline = System.nanoTime() + PACK_TIME.toNanos();
    for (var file : listed) {
      if (!PathRules.isBundled(file.path())) {
        continue;
      }
      if (System.nanoTime() > deadline) {
        return Optional.of(
            new Rejection(
                Rejection.Code.UNAVAILABLE,
                "The workspace could not be read within " + PACK_TIME.toMinutes() + " minutes"));
      }
      switch (read(tenant, id, file)) {
        case Result.Ok<FileContent>(var content) -> {
          try (var in =
              content.bytes().runWith(StreamConverters.asInputStream(READ_TIME), system)) {
            tar.file(file.path(), file.mode(), file.modified(), content.size(), in);
          }
        }
        case Result.Refused<FileContent>(var why) -> {
          if (!isOfTheFile(why)) {
            return Optional.of(why);
          }
        }
      }
    }
    return Optional.empty();
  }

  private Result<FileContent> read(TenantId tenant, SessionId id, ListedFile file)
      throws IOException, InterruptedException {
    try {
      return files
          .read(tenant, id, file.path(), Long.MAX_VALUE)
          .toCompletableFuture()
          .get(READ_TIME.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException | TimeoutException e) {
      throw new IOException("file " + file.path() + " of session " + id, e);
    }
  }

  private static boolean isOfTheFile(Rejection why) {
    return why.code() == Rejection.Code.INVALID
        || (why.code() == Rejection.Code.NOT_FOUND && why.detail().equals("File not found"));
  }

  @Override
  public CompletionStage<Result<Restored>> upload(TenantId tenant, SessionId id, Content bundle) {
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
      TenantId tenant, SessionId id, Content bundle) {
    var permit = folder.take(tenant);
    if (permit.isEmpty()) {
      return CompletableFuture.completedStage(refused(Rejection.Code.NO_CAPACITY, BUSY));
    }
    try (var _ = permit.get()) {
      var entries = new TarballReader(workspaces, diskBytes).read(bundle.open());
      var problem = Overlay.problem(entries, diskBytes);
      if (problem.isPresent()) {
        return CompletableFuture.completedStage(
            refused(Rejection.Code.INVALID, "Invalid bundle: " + problem.get()));
      }
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
                  case NotLive saved -> laidOver(tenant, id, saved, entries);
                  case SessionReply other -> CompletableFuture.completedStage(other);
                },
            blocking);
  }

  private CompletionStage<SessionReply> laidOver(
      TenantId tenant, SessionId id, NotLive saved, List<Workspaces.Entry> entries) {
    try {
      var both = Overlay.of(workspaces.list(saved.files()), entries);
      return Overlay.problem(both, diskBytes)
          .<CompletionStage<SessionReply>>map(
              why ->
                  CompletableFuture.completedStage(
                      new Refused(
                          new Rejection(
                              Rejection.Code.INVALID,
                              "Invalid bundle: with what is there, " + why))))
          .orElseGet(() -> files.swap(tenant, id, saved, _ -> both));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private CompletionStage<SessionReply> sent(
      TenantId tenant, SessionId id, List<Workspaces.Entry> entries) {
    var permit = folder.take(tenant);
    if (permit.isEmpty()) {
      return CompletableFuture.completedStage(
          new Refused(new Rejection(Rejection.Code.NO_CAPACITY, BUSY)));
    }
    var file = permit.get();
    var archive = "tmp/.ash-" + file.name() + ".tar";
    try {
      write(entries, file.create());
      return files
          .sendFile(tenant, id, archive, file.path())
          .thenCompose(
              reply ->
                  reply instanceof SessionReply.FileDone
                      ? entities.ask(
                          id,
                          replyTo -> new SessionCommand.Unpack(tenant, archive, replyTo),
                          UNPACK_TIME)
                      : CompletableFuture.completedStage(changed(reply)))
          .whenComplete((_, _) -> file.close());
    } catch (IOException e) {
      file.close();
      throw new UncheckedIOException(e);
    } catch (RuntimeException e) {
      file.close();
      throw e;
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
