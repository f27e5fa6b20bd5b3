package dev.ash.node.session;

import dev.ash.node.bridge.Bridge;
import dev.ash.node.bridge.BridgeException;
import dev.ash.node.driver.SandboxEnvironment;
import dev.ash.node.session.SessionCommand.DeleteFile;
import dev.ash.node.session.SessionCommand.Exec;
import dev.ash.node.session.SessionCommand.ListFiles;
import dev.ash.node.session.SessionCommand.Logs;
import dev.ash.node.session.SessionCommand.Read;
import dev.ash.node.session.SessionCommand.ReadFile;
import dev.ash.node.session.SessionCommand.Served;
import dev.ash.node.session.SessionCommand.Show;
import dev.ash.node.session.SessionCommand.WriteFile;
import dev.ash.node.session.SessionReply.Executed;
import dev.ash.node.session.SessionReply.FileDone;
import dev.ash.node.session.SessionReply.Listed;
import dev.ash.node.session.SessionReply.Logged;
import dev.ash.node.session.SessionReply.Part;
import dev.ash.node.session.SessionReply.Refused;
import dev.ash.node.telemetry.Metrics;
import dev.ash.protocol.session.Rejection;
import java.time.Duration;
import java.util.Base64;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.util.ByteString;

/** Answers what clients ask of a live sandbox, by way of its bridge. */
final class LiveRequests {
  private static final int EXEC_OUTPUT = 10 << 20;
  private static final int UNPACK_OUTPUT = 16 << 10;
  private static final Duration UNPACK_TIME = Duration.ofMinutes(2);
  private static final String CUT =
      "\n[the output is cut here: the node holds too much output of other commands]\n";

  private LiveRequests() {}

  /** Completes with the answer; never fails. */
  static CompletionStage<SessionReply> serve(
      LiveProcess live, SandboxLog log, Served request, Metrics metrics) {
    var begin = System.nanoTime();
    return answer(live, log, request)
        .exceptionally(e -> new Refused(rejection(e)))
        .thenApply(
            reply -> {
              if (request instanceof Exec) {
                metrics.executed(
                    reply instanceof Executed, Duration.ofNanos(System.nanoTime() - begin));
              }
              return reply;
            });
  }

  /** Whether the workspace may differ afterwards, so that it has to be saved. */
  static boolean changesFiles(Served request) {
    return switch (request) {
      case Exec _, DeleteFile _, SessionCommand.Unpack _ -> true;
      case WriteFile write -> write.last();
      case Show _, Read _, ListFiles _, ReadFile _, Logs _, SessionCommand.Flush _ -> false;
    };
  }

  private static CompletionStage<SessionReply> answer(
      LiveProcess live, SandboxLog log, Served request) {
    var bridge = live.bridge();
    return switch (request) {
      case Exec exec -> live.execs().run(share -> execute(live, exec, share));
      case ListFiles _ ->
          bridge
              .list(false)
              .thenApply(
                  listing ->
                      new Listed(
                          listing.entries().stream()
                              .filter(entry -> entry.kind() != Bridge.Kind.DIRECTORY)
                              .map(LiveRequests::listed)
                              .toList()));
      case ReadFile read ->
          bridge
              .read(read.path(), read.offset(), read.length())
              .thenApply(
                  chunk ->
                      new Part(
                          Base64.getEncoder().encodeToString(chunk.bytes().toArrayUnsafe()),
                          chunk.size(),
                          chunk.last()));
      case WriteFile write ->
          bridge
              .write(
                  write.path(),
                  write.offset(),
                  ByteString.fromArray(Base64.getDecoder().decode(write.base64())),
                  write.last())
              .thenApply(_ -> new FileDone());
      case SessionCommand.Unpack unpack -> unpack(live, unpack.archive());
      case DeleteFile delete -> bridge.delete(delete.path()).thenApply(_ -> new FileDone());
      case Logs logs -> CompletableFuture.completedFuture(new Logged(log.after(logs.after())));
      case SessionCommand.Flush _ -> CompletableFuture.completedFuture(new FileDone());
      case Show _, Read _ ->
          CompletableFuture.failedFuture(new IllegalStateException("answered by the entity"));
    };
  }

  private static SessionReply.ListedFile listed(Bridge.Entry entry) {
    return new SessionReply.ListedFile(
        entry.path(),
        entry.size(),
        entry.mode(),
        entry.modified(),
        entry.kind() == Bridge.Kind.LINK);
  }

  /**
   * Twice: first beside the workspace's files, so that what does not fit changes nothing, then over
   * them, where what is in the way goes.
   */
  private static CompletionStage<SessionReply> unpack(LiveProcess live, String archive) {
    var command =
        """
        a='%s'; d="$a.d"; rm -rf "$d"; mkdir -p "$d" \
          && tar -xpf "$a" --no-same-owner -C "$d" && chmod -R u+rwx "$d" && rm -rf "$d" \
          && tar -xpf "$a" --no-same-owner --recursive-unlink
        code=$?; chmod -R u+rwx "$d" 2>/dev/null; rm -rf "$d" "$a"; exit $code"""
            .formatted(archive);
    return live.bridge()
        .exec(
            new Bridge.Exec(
                command, UNPACK_TIME, SandboxEnvironment.of(live.conversation()), UNPACK_OUTPUT))
        .thenApply(r -> new Executed(r.exitCode(), r.stdout(), r.stderr()));
  }

  private static CompletionStage<SessionReply> execute(
      LiveProcess live, Exec exec, ExecLimits.Share share) {
    return live.bridge()
        .exec(
            new Bridge.Exec(
                exec.command(),
                exec.timeout(),
                SandboxEnvironment.of(live.conversation()),
                EXEC_OUTPUT,
                share::take))
        .thenApply(
            r ->
                new Executed(
                    r.exitCode(), r.stdout(), share.cut() ? r.stderr() + CUT : r.stderr()));
  }

  private static Rejection rejection(Throwable failure) {
    var cause = failure instanceof CompletionException ? failure.getCause() : failure;
    if (cause instanceof ExecLimits.TooManyException) {
      return new Rejection(Rejection.Code.NO_CAPACITY, String.valueOf(cause.getMessage()));
    }
    if (!(cause instanceof BridgeException e)) {
      return new Rejection(Rejection.Code.FAILED, "The sandbox failed: " + cause);
    }
    return switch (e.kind()) {
      case NOT_FOUND -> new Rejection(Rejection.Code.NOT_FOUND, "File not found");
      case NOT_A_FILE -> new Rejection(Rejection.Code.INVALID, "Path is not a file");
      case OUTSIDE, INVALID -> new Rejection(Rejection.Code.INVALID, "Invalid file path");
      case NO_SPACE -> new Rejection(Rejection.Code.FAILED, "No space left in the workspace");
      case BUSY, FAILED -> new Rejection(Rejection.Code.FAILED, String.valueOf(e.getMessage()));
      case GONE -> new Rejection(Rejection.Code.UNAVAILABLE, "The sandbox went away; try again");
    };
  }
}
