package dev.ash.node.api;

import dev.ash.node.session.Bundles;
import dev.ash.node.session.Sessions.Result;
import dev.ash.node.upload.Content;
import dev.ash.protocol.id.SessionId;
import dev.ash.protocol.id.TenantId;
import dev.ash.protocol.session.Rejection;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;

/** Has one bundle, and remembers what it was given. */
final class FakeBundles implements Bundles {
  final List<Content> given = new ArrayList<>();
  Optional<Rejection> refusal = Optional.empty();
  Restored place = Restored.LIVE_SANDBOX;

  @Override
  public CompletionStage<Result<Bundle>> download(TenantId tenant, SessionId id) {
    return CompletableFuture.completedStage(
        refusal
            .<Result<Bundle>>map(Result.Refused::new)
            .orElseGet(
                () -> new Result.Ok<>(new Bundle(3, Source.single(ByteString.fromString("abc"))))));
  }

  @Override
  public CompletionStage<Result<Restored>> upload(TenantId tenant, SessionId id, Content bundle) {
    given.add(bundle);
    return CompletableFuture.completedStage(
        refusal.<Result<Restored>>map(Result.Refused::new).orElseGet(() -> new Result.Ok<>(place)));
  }
}
