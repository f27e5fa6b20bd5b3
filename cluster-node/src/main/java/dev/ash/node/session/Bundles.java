package dev.ash.node.session;

import dev.ash.node.session.Sessions.Result;
import dev.ash.node.upload.Content;
import dev.ash.protocol.id.SessionId;
import dev.ash.protocol.id.TenantId;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.NotUsed;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;

/** A session's workspace as one file (contract 2.9): a tar, compressed with gzip. */
public interface Bundles {
  /** The contract's limit of a bundle, in bytes as they are sent. */
  long LARGEST = 104_857_600;

  /** What is in the workspace now. */
  CompletionStage<Result<Bundle>> download(TenantId tenant, SessionId id);

  /** Lays what the bundle holds over the workspace; all of it or nothing. */
  CompletionStage<Result<Restored>> upload(TenantId tenant, SessionId id, Content bundle);

  record Bundle(long size, Source<ByteString, NotUsed> bytes) {}

  /** Where the files went. */
  enum Restored {
    LIVE_SANDBOX,
    SAVED_FILES
  }
}
