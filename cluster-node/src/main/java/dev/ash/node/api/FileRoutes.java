package dev.ash.node.api;

import static dev.ash.node.api.SessionRoutes.SESSION_ID;
import static dev.ash.node.api.json.Schema.listOf;
import static dev.ash.node.api.json.Schema.object;
import static dev.ash.node.api.json.Schema.oneOf;
import static dev.ash.node.api.json.Schema.text;

import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import dev.ash.node.api.http.BodyRule;
import dev.ash.node.api.http.Endpoint;
import dev.ash.node.api.http.Exchange;
import dev.ash.node.api.http.Replies;
import dev.ash.node.api.json.Schema;
import dev.ash.node.session.Sessions;
import dev.ash.node.session.Sessions.FileContent;
import dev.ash.node.session.Sessions.Files;
import dev.ash.node.session.Sessions.Result;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.apache.pekko.util.ByteString;

/** {@code /api/sessions/:id/files}: rows F1 to F4 of the contract. */
final class FileRoutes {
  private static final long BODY_LIMIT = 209_715_200;
  private static final long MAX_JSON_FILE = 1_048_576;
  private static final long MAX_RAW_FILE = 104_857_600;

  private static final Schema.Fields UPLOAD =
      object()
          .required(
              "files",
              listOf(
                      object()
                          .required("path", text())
                          .required("content", text())
                          .with("mimeType", text()))
                  .between(1, 500))
          .with("targetPath", text(), ".");

  private final Sessions sessions;

  @JsonPropertyOrder({"path", "size", "modifiedAt"})
  record FileView(String path, long size, String modifiedAt) {}

  @JsonPropertyOrder({"files", "source"})
  record FilesView(List<FileView> files, String source) {
    static FilesView of(Files files) {
      return new FilesView(
          files.files().stream()
              .map(f -> new FileView(f.path(), f.size(), Stamp.of(f.modified())))
              .toList(),
          files.source());
    }
  }

  @JsonPropertyOrder({"path", "content", "size", "source"})
  record ContentView(String path, String content, long size, String source) {}

  @JsonPropertyOrder({"path", "deleted"})
  record DeletedView(String path, boolean deleted) {}

  FileRoutes(Sessions sessions) {
    this.sessions = sessions;
  }

  List<Endpoint> endpoints() {
    return List.of(
        Endpoint.get("/api/sessions/:id/files", this::list)
            .withParams(SESSION_ID)
            .withQuery(object().with("includeHidden", oneOf("true", "false"), "true")),
        Endpoint.get("/api/sessions/:id/files/*", this::read)
            .withParams(SESSION_ID)
            .withQuery(object().with("format", oneOf("json", "raw"), "raw")),
        Endpoint.post("/api/sessions/:id/files", UPLOAD, this::write)
            .taking(BodyRule.of(UPLOAD).upTo(BODY_LIMIT).with(Upload.CONTENTS))
            .withParams(SESSION_ID),
        Endpoint.delete("/api/sessions/:id/files/*", this::delete).withParams(SESSION_ID));
  }

  private CompletionStage<HttpResponse> list(Exchange exchange) {
    return sessions
        .files(
            exchange.tenant(),
            exchange.session(),
            exchange.query("includeHidden").filter("true"::equals).isPresent())
        .thenApply(Outcomes.ofSession(files -> Replies.ok(FilesView.of(files))));
  }

  private CompletionStage<HttpResponse> read(Exchange exchange) {
    var json = exchange.query("format").filter("json"::equals).isPresent();
    return FilePath.of(exchange, "Invalid file path")
        .then(
            path ->
                sessions
                    .file(
                        exchange.tenant(),
                        exchange.session(),
                        path,
                        json ? MAX_JSON_FILE : MAX_RAW_FILE)
                    .thenCompose(
                        result ->
                            switch (result) {
                              case Result.Ok<FileContent>(var file) ->
                                  json
                                      ? json(exchange, file)
                                      : CompletableFuture.completedStage(raw(file));
                              case Result.Refused<FileContent> refused ->
                                  CompletableFuture.completedStage(
                                      Outcomes.<FileContent>ofSession(FileRoutes::raw)
                                          .apply(refused));
                            }));
  }

  private static HttpResponse raw(FileContent file) {
    return Downloads.streamed(
            Downloads.workspaceType(file.path()), file.path(), file.size(), file.bytes())
        .addHeader(RawHeader.create("X-Ash-Source", file.source()));
  }

  /** Counts again while reading: the file may grow under the agent's hands. */
  private static CompletionStage<HttpResponse> json(Exchange exchange, FileContent file) {
    return file.bytes()
        .limitWeighted(MAX_JSON_FILE, bytes -> (long) bytes.size())
        .runFold(ByteString.emptyByteString(), ByteString::concat, exchange.materializer())
        .thenApply(
            bytes ->
                Replies.ok(
                    new ContentView(file.path(), bytes.utf8String(), bytes.size(), file.source())));
  }

  private CompletionStage<HttpResponse> write(Exchange exchange) {
    var upload = Upload.of(exchange);
    return sessions
        .writeFiles(
            exchange.tenant(),
            exchange.session(),
            exchange.field("targetPath").orElseThrow(),
            upload.accepted())
        .thenApply(Outcomes.ofSession(written -> Replies.ok(upload.outcomes(written))));
  }

  private CompletionStage<HttpResponse> delete(Exchange exchange) {
    return FilePath.of(exchange, "Invalid file path")
        .then(
            path ->
                sessions
                    .deleteFile(exchange.tenant(), exchange.session(), path)
                    .thenApply(
                        Outcomes.ofSession(deleted -> Replies.ok(new DeletedView(deleted, true)))));
  }
}
