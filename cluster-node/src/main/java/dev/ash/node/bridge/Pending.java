package dev.ash.node.bridge;

import dev.ash.protocol.bridge.BridgeFrame;
import dev.ash.protocol.bridge.FrameException;
import dev.ash.protocol.bridge.FrameLimits;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.IntPredicate;
import org.apache.pekko.util.ByteString;

/**
 * A request under way, and what of its answer has come. Called by the reading thread only, but for
 * {@link #fail}.
 */
sealed interface Pending {

  /**
   * Takes an answer. True when it was the last.
   *
   * @throws FrameException when it is no answer to this request
   */
  boolean answer(BridgeFrame frame) throws FrameException;

  void fail(BridgeException e);

  /** Wants to hear that it was done. */
  record Plain(CompletableFuture<Void> promise) implements Pending {
    @Override
    @SuppressWarnings("NullAway") // A stage of Void completes with null.
    public boolean answer(BridgeFrame frame) throws FrameException {
      if (!(frame instanceof BridgeFrame.Done)) {
        throw wrong();
      }
      promise.complete(null);
      return true;
    }

    @Override
    public void fail(BridgeException e) {
      promise.completeExceptionally(e);
    }
  }

  /** Wants a part of a file. */
  record Part(CompletableFuture<Bridge.Chunk> promise, int length) implements Pending {
    @Override
    public boolean answer(BridgeFrame frame) throws FrameException {
      if (!(frame instanceof BridgeFrame.Data data) || data.data().remaining() > length) {
        throw wrong();
      }
      promise.complete(
          new Bridge.Chunk(ByteString.fromByteBuffer(data.data()), data.size(), data.last()));
      return true;
    }

    @Override
    public void fail(BridgeException e) {
      promise.completeExceptionally(e);
    }
  }

  /** Wants a command's outputs and end. */
  final class Command implements Pending {
    private final CompletableFuture<Bridge.ExecResult> promise;
    private final int maxBytes;
    private final IntPredicate room;
    private final CollectedText stdout = new CollectedText();
    private final CollectedText stderr = new CollectedText();
    private boolean full;

    Command(CompletableFuture<Bridge.ExecResult> promise, int maxBytes, IntPredicate room) {
      this.promise = promise;
      this.maxBytes = maxBytes;
      this.room = room;
    }

    @Override
    public boolean answer(BridgeFrame frame) throws FrameException {
      if (frame instanceof BridgeFrame.Output output) {
        var to =
            switch (output.stream()) {
              case STDOUT -> stdout;
              case STDERR -> stderr;
            };
        int length = output.data().remaining();
        if (length > maxBytes - to.size()) {
          throw Claims.bad("output: (expected: at most " + maxBytes + " bytes)");
        }
        full = full || !room.test(length);
        if (!full) {
          to.add(output.data().duplicate());
        }
        return false;
      }
      if (!(frame instanceof BridgeFrame.ExecResult result)) {
        throw wrong();
      }
      promise.complete(
          new Bridge.ExecResult(
              result.code(), stdout.finish(), stderr.finish(), result.timedOut()));
      return true;
    }

    @Override
    public void fail(BridgeException e) {
      promise.completeExceptionally(e);
    }
  }

  /** Wants a listing. */
  final class Walk implements Pending {
    private final CompletableFuture<Bridge.Listing> promise;
    private final List<Bridge.Entry> entries = new ArrayList<>();
    private final Set<String> paths = new HashSet<>();
    private int count;
    private long characters;

    Walk(CompletableFuture<Bridge.Listing> promise) {
      this.promise = promise;
    }

    @Override
    public boolean answer(BridgeFrame frame) throws FrameException {
      if (!(frame instanceof BridgeFrame.Entries batch)) {
        throw wrong();
      }
      for (var claim : batch.entries()) {
        var entry = Claims.entry(claim);
        count++;
        characters += entry.path().length() + entry.target().map(String::length).orElse(0);
        if (count > FrameLimits.ENTRIES || characters > FrameLimits.ENTRY_CHARACTERS) {
          throw Claims.bad("entries: (expected: not so many)");
        }
        // A name that is replaced while its folder is read may honestly come twice.
        if (paths.add(entry.path())) {
          entries.add(entry);
        }
      }
      if (batch.last()) {
        entries.sort(Comparator.comparing(Bridge.Entry::path));
        promise.complete(new Bridge.Listing(List.copyOf(entries), batch.truncated()));
      }
      return batch.last();
    }

    @Override
    public void fail(BridgeException e) {
      promise.completeExceptionally(e);
    }
  }

  private static FrameException wrong() {
    return Claims.bad("answer: (expected: one that fits its request)");
  }
}
