package dev.ash.node.api;

import dev.ash.node.attachments.Attachments;
import dev.ash.node.session.Sessions.Result;
import dev.ash.protocol.id.SessionId;
import dev.ash.protocol.id.TenantId;
import dev.ash.protocol.session.Rejection;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;

/** Knows one attachment, and remembers what it was asked. */
final class FakeAttachments implements Attachments {
  static final Attachment KNOWN =
      new Attachment(
          "1d1d9f0c-3a7a-4b3d-8a0e-9d3c5b1f7a11",
          TenantId.DEFAULT,
          FakeSessions.ID,
          Optional.empty(),
          "notes \u00e9.txt",
          "text/plain",
          5,
          Instant.parse("2026-11-22T01:02:08.394Z"));

  final List<Object> asked = new ArrayList<>();
  Optional<Rejection> refusal = Optional.empty();

  @Override
  public CompletionStage<Result<Attachment>> add(
      TenantId tenant, SessionId session, NewAttachment file) {
    return answer(file, KNOWN);
  }

  @Override
  public CompletionStage<Result<List<Attachment>>> list(TenantId tenant, SessionId session) {
    return answer(session, List.of(KNOWN));
  }

  @Override
  public CompletionStage<Result<Content>> open(TenantId tenant, String id) {
    return answer(id, new Content(KNOWN, Source.single(ByteString.fromString("hello"))));
  }

  @Override
  public CompletionStage<Result<String>> delete(TenantId tenant, String id) {
    return answer(id, id);
  }

  private <T> CompletionStage<Result<T>> answer(Object question, T value) {
    asked.add(question);
    return CompletableFuture.completedStage(
        refusal.<Result<T>>map(Result.Refused::new).orElseGet(() -> new Result.Ok<>(value)));
  }
}
