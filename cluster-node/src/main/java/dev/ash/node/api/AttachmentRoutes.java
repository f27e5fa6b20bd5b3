package dev.ash.node.api;

import static dev.ash.node.api.SessionRoutes.SESSION_ID;
import static dev.ash.node.api.json.Schema.object;
import static dev.ash.node.api.json.Schema.text;
import static dev.ash.node.api.json.Schema.uuid;

import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import dev.ash.node.api.http.BodyRule;
import dev.ash.node.api.http.Endpoint;
import dev.ash.node.api.http.Exchange;
import dev.ash.node.api.http.Problems;
import dev.ash.node.api.http.Replies;
import dev.ash.node.api.json.FileSieve;
import dev.ash.node.api.json.Schema;
import dev.ash.node.attachments.Attachments;
import dev.ash.node.attachments.Attachments.Attachment;
import dev.ash.node.attachments.Attachments.NewAttachment;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.http.javadsl.model.HttpResponse;

/** Attachments of sessions (contract 2.10). */
final class AttachmentRoutes {
  private static final Schema.Fields NEW =
      object()
          .required("filename", text().between(1, 4096).matching(Wire.NO_NUL))
          .required("content", text())
          .with(
              "mimeType", text().between(0, 255).matching(Wire.NO_NUL), "application/octet-stream")
          .with("messageId", uuid());

  /** Room for the other members, and for contents that are a little too large to be told so. */
  private static final long SPARE = 1024 * 1024;

  private final Attachments attachments;
  private final long largest;

  /** Key order as the contract lists the fields. */
  @JsonPropertyOrder({
    "id",
    "tenantId",
    "messageId",
    "sessionId",
    "filename",
    "mimeType",
    "size",
    "createdAt"
  })
  record View(
      String id,
      String tenantId,
      String messageId,
      String sessionId,
      String filename,
      String mimeType,
      long size,
      String createdAt) {
    static View of(Attachment attachment) {
      return new View(
          attachment.id(),
          attachment.tenant().value(),
          attachment.message().orElse("unlinked"),
          attachment.session().value(),
          attachment.filename(),
          attachment.mimeType(),
          attachment.size(),
          Stamp.of(attachment.createdAt()));
    }
  }

  /**
   * The routes.
   *
   * @param largest bytes of one attachment
   */
  AttachmentRoutes(Attachments attachments, long largest) {
    this.attachments = attachments;
    this.largest = largest;
  }

  List<Endpoint> endpoints() {
    var id = object().required("id", uuid());
    return List.of(
        Endpoint.post("/api/sessions/:id/attachments", NEW, this::add)
            .taking(
                BodyRule.of(NEW)
                    .upTo(largest * 4 / 3 + SPARE)
                    .with(FileSieve.Contents.one("content", largest))
                    .brieflyTooLarge())
            .withParams(SESSION_ID)
            .withShortFaults(),
        Endpoint.get("/api/sessions/:id/attachments", this::list).withParams(SESSION_ID),
        Endpoint.get("/api/attachments/:id", this::open).withParams(id),
        Endpoint.delete("/api/attachments/:id", this::delete).withParams(id));
  }

  private CompletionStage<HttpResponse> add(Exchange exchange) {
    var content = exchange.content(exchange.body().path("content"));
    if (content.size() > largest) {
      return CompletableFuture.completedStage(
          Problems.of(413, "Attachment too large (max " + largest + " bytes)"));
    }
    if (content.size() == 0) {
      return CompletableFuture.completedStage(Problems.of(400, "Empty attachment content"));
    }
    return attachments
        .add(
            exchange.tenant(),
            exchange.session(),
            new NewAttachment(
                exchange.field("filename").orElseThrow(),
                exchange.field("mimeType").orElseThrow(),
                exchange.field("messageId").map(Exchange::uuid),
                content.content()))
        .thenApply(
            Outcomes.ofSession(added -> Replies.json(201, Map.of("attachment", View.of(added)))));
  }

  private CompletionStage<HttpResponse> list(Exchange exchange) {
    return attachments
        .list(exchange.tenant(), exchange.session())
        .thenApply(
            Outcomes.ofSession(
                all -> Replies.ok(Map.of("attachments", all.stream().map(View::of).toList()))));
  }

  private CompletionStage<HttpResponse> open(Exchange exchange) {
    return attachments
        .open(exchange.tenant(), Exchange.uuid(exchange.param("id")))
        .thenApply(
            Outcomes.ofSession(
                content -> {
                  var file = content.attachment();
                  return Downloads.streamed(
                      Downloads.storedType(file.mimeType()),
                      file.filename(),
                      file.size(),
                      content.bytes());
                }));
  }

  private CompletionStage<HttpResponse> delete(Exchange exchange) {
    return attachments
        .delete(exchange.tenant(), Exchange.uuid(exchange.param("id")))
        .thenApply(Outcomes.ofSession(_ -> Replies.nothing()));
  }
}
