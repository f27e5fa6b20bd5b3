package dev.ash.node.attachments;

import dev.ash.node.session.Sessions;
import dev.ash.node.session.Sessions.Result;
import dev.ash.node.workspace.PathRules;
import dev.ash.node.workspace.Workspaces;
import dev.ash.persistence.table.AttachmentTable;
import dev.ash.persistence.table.AttachmentTable.AttachmentRow;
import dev.ash.protocol.id.SessionId;
import dev.ash.protocol.id.TenantId;
import dev.ash.protocol.session.Rejection;
import dev.ash.protocol.session.Rejection.Code;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.NoSuchFileException;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.apache.pekko.NotUsed;
import org.apache.pekko.stream.javadsl.StreamConverters;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Attachments in the database, their contents in the blob store. Threads may share it. */
public final class StoredAttachments implements Attachments {
  private static final Logger LOG = LoggerFactory.getLogger(StoredAttachments.class);
  private static final String NOT_FOUND = "Attachment not found";
  private static final String FOLDER = "attachments";

  private final AttachmentTable table;
  private final Sessions sessions;
  private final Workspaces workspaces;
  private final InstantSource clock;
  private final Supplier<UUID> ids;
  private final Executor blocking;

  /**
   * The attachments of a node.
   *
   * @param blocking runs what waits for the database or a disk
   */
  public StoredAttachments(
      AttachmentTable table,
      Sessions sessions,
      Workspaces workspaces,
      InstantSource clock,
      Supplier<UUID> ids,
      Executor blocking) {
    this.table = table;
    this.sessions = sessions;
    this.workspaces = workspaces;
    this.clock = clock;
    this.ids = ids;
    this.blocking = blocking;
  }

  @Override
  public CompletionStage<Result<Attachment>> add(
      TenantId tenant, SessionId session, NewAttachment file) {
    var name = nameOf(file.filename());
    if (name.isEmpty()) {
      return refused(
          Code.INVALID,
          "filename: \"%s\" (expected: a name of at most 255 bytes)".formatted(file.filename()));
    }
    return inSession(
        tenant,
        session,
        () -> {
          var stored = attachment(store(tenant, session, name.get(), file));
          return copied(stored, file).thenApply(_ -> new Result.Ok<>(stored));
        });
  }

  /** The last name of what may be a path of any system. */
  private static Optional<String> nameOf(String filename) {
    var slash = Math.max(filename.lastIndexOf('/'), filename.lastIndexOf('\\'));
    return PathRules.clean(filename.substring(slash + 1));
  }

  private AttachmentRow store(TenantId tenant, SessionId session, String name, NewAttachment file) {
    try (var content = file.content().open()) {
      var blob = workspaces.storeBlob(content);
      var row =
          new AttachmentRow(
              ids.get().toString(),
              tenant,
              session,
              file.message(),
              name,
              file.mimeType(),
              file.content().size(),
              blob,
              clock.instant().truncatedTo(ChronoUnit.MILLIS));
      table.insert(row);
      return row;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The attachment stands also when its copy finds no room: it can be had through the API. */
  private CompletionStage<Boolean> copied(Attachment stored, NewAttachment file) {
    return sessions
        .writeFiles(
            stored.tenant(),
            stored.session(),
            FOLDER,
            List.of(new Sessions.NewFile(stored.filename(), file.content())))
        .handle(
            (result, failure) -> {
              var done =
                  result instanceof Result.Ok<List<Sessions.Written>>(var written)
                      && written.stream().allMatch(Sessions.Written::written);
              if (!done) {
                LOG.warn(
                    "Attachment {} of session {} is not in its workspace: {}",
                    stored.id(),
                    stored.session(),
                    failure == null ? result : failure);
              }
              return done;
            });
  }

  @Override
  public CompletionStage<Result<List<Attachment>>> list(TenantId tenant, SessionId session) {
    return inSession(
        tenant,
        session,
        () ->
            CompletableFuture.completedStage(
                new Result.Ok<>(
                    table.list(tenant, session).stream()
                        .map(StoredAttachments::attachment)
                        .toList())));
  }

  @Override
  public CompletionStage<Result<Content>> open(TenantId tenant, String id) {
    return CompletableFuture.supplyAsync(
        () -> {
          var row = table.find(tenant, id);
          if (row.isEmpty()) {
            return new Result.Refused<>(new Rejection(Code.NOT_FOUND, NOT_FOUND));
          }
          try {
            // Opened now, so that what is missing is known before the first byte is sent.
            var content = workspaces.open(row.get().blob());
            return new Result.Ok<>(
                new Content(
                    attachment(row.get()),
                    StreamConverters.fromInputStream(() -> content)
                        .mapMaterializedValue(_ -> NotUsed.getInstance())));
          } catch (NoSuchFileException _) {
            return new Result.Refused<>(
                new Rejection(Code.NOT_FOUND, "Attachment file not found on disk"));
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        },
        blocking);
  }

  @Override
  public CompletionStage<Result<String>> delete(TenantId tenant, String id) {
    return CompletableFuture.supplyAsync(
        () ->
            table.delete(tenant, id)
                ? new Result.Ok<>(id)
                : new Result.Refused<>(new Rejection(Code.NOT_FOUND, NOT_FOUND)),
        blocking);
  }

  private <T> CompletionStage<Result<T>> inSession(
      TenantId tenant, SessionId session, Supplier<CompletionStage<Result<T>>> then) {
    return sessions
        .find(tenant, session)
        .thenComposeAsync(
            found ->
                switch (found) {
                  case Result.Ok<Sessions.Session> _ -> then.get();
                  case Result.Refused<Sessions.Session>(var why) ->
                      CompletableFuture.completedStage(new Result.Refused<>(why));
                },
            blocking);
  }

  private static Attachment attachment(AttachmentRow row) {
    return new Attachment(
        row.id(),
        row.tenant(),
        row.session(),
        row.message(),
        row.filename(),
        row.mimeType(),
        row.size(),
        row.createdAt());
  }

  private static <T> CompletionStage<Result<T>> refused(Code code, String detail) {
    return CompletableFuture.completedStage(new Result.Refused<>(new Rejection(code, detail)));
  }
}
