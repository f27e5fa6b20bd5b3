package dev.ash.node.attachments;

import dev.ash.node.session.Sessions.Result;
import dev.ash.protocol.id.SessionId;
import dev.ash.protocol.id.TenantId;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.NotUsed;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;

/** Attachments of all sessions. What belongs to another tenant does not exist. */
public interface Attachments {

  /** Stores a file; when this answers, it survives a power failure. */
  CompletionStage<Result<Attachment>> add(TenantId tenant, SessionId session, NewAttachment file);

  /** Oldest first. */
  CompletionStage<Result<List<Attachment>>> list(TenantId tenant, SessionId session);

  CompletionStage<Result<Content>> open(TenantId tenant, String id);

  /** The copy in the workspace stays. */
  CompletionStage<Result<String>> delete(TenantId tenant, String id);

  /**
   * A file as it was sent.
   *
   * @param filename a name, or a path of which only the last name counts
   * @param message a message's id, if the client names one
   */
  record NewAttachment(
      String filename,
      String mimeType,
      Optional<String> message,
      dev.ash.node.upload.Content content) {}

  /** An attachment as the wire shows it (contract 1.9). */
  record Attachment(
      String id,
      TenantId tenant,
      SessionId session,
      Optional<String> message,
      String filename,
      String mimeType,
      long size,
      Instant createdAt) {}

  record Content(Attachment attachment, Source<ByteString, NotUsed> bytes) {}
}
