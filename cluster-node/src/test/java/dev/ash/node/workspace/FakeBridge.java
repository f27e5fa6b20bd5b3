package dev.ash.node.workspace;

import dev.ash.node.bridge.Bridge;
import dev.ash.node.bridge.BridgeException;
import dev.ash.protocol.id.Digest;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.apache.pekko.util.ByteString;

/** A workspace in memory behind the bridge's port; its tests make it lie. */
final class FakeBridge implements Bridge {
  static final Instant THEN = Instant.parse("2026-01-02T03:04:05.678Z");

  final Map<String, Entry> entries = new TreeMap<>();
  final Map<String, Supplier<byte[]>> contents = new TreeMap<>();
  final Map<String, BridgeException> failures = new TreeMap<>();
  final Map<String, Supplier<CompletionStage<Chunk>>> stalled = new TreeMap<>();
  final List<String> reads = new ArrayList<>();
  boolean truncated;

  void file(String path, byte[] content) {
    file(path, content, THEN);
  }

  void file(String path, byte[] content, Instant modified) {
    claim(path, content.length, modified, Optional.of(Digest.of(content).hex()), () -> content);
  }

  /** A file whose listing need not fit what is read. */
  void claim(
      String path, long size, Instant modified, Optional<String> digest, Supplier<byte[]> content) {
    entries.put(path, new Entry(path, Kind.FILE, size, 0644, modified, digest, Optional.empty()));
    contents.put(path, content);
  }

  void folder(String path) {
    entries.put(
        path,
        new Entry(path, Kind.DIRECTORY, 4096, 0755, THEN, Optional.empty(), Optional.empty()));
  }

  void link(String path, String target) {
    entries.put(
        path,
        new Entry(
            path, Kind.LINK, target.length(), 0777, THEN, Optional.empty(), Optional.of(target)));
  }

  @Override
  public CompletionStage<Listing> list(boolean withDigests) {
    return CompletableFuture.completedStage(new Listing(List.copyOf(entries.values()), truncated));
  }

  @Override
  public CompletionStage<Chunk> read(String path, long offset, int length) {
    reads.add(path);
    if (stalled.containsKey(path)) {
      return stalled.get(path).get();
    }
    var failure = failures.get(path);
    var content = contents.get(path);
    if (failure != null || content == null) {
      return CompletableFuture.failedStage(
          failure != null
              ? failure
              : new BridgeException(BridgeException.Kind.NOT_FOUND, "no such file"));
    }
    var bytes = content.get();
    var from = (int) Math.min(offset, bytes.length);
    var to = Math.min(from + length, bytes.length);
    return CompletableFuture.completedStage(
        new Chunk(ByteString.fromArray(bytes, from, to - from), bytes.length, to == bytes.length));
  }

  @Override
  public CompletionStage<Void> startAgent(Agent agent) {
    throw new UnsupportedOperationException("startAgent");
  }

  @Override
  public CompletionStage<Void> tellAgent(String line) {
    throw new UnsupportedOperationException("tellAgent");
  }

  @Override
  public CompletionStage<Void> stopAgent(Duration grace) {
    throw new UnsupportedOperationException("stopAgent");
  }

  @Override
  public CompletionStage<ExecResult> exec(Exec exec) {
    throw new UnsupportedOperationException("exec");
  }

  @Override
  public CompletionStage<Void> write(String path, long offset, ByteString bytes, boolean last) {
    throw new UnsupportedOperationException("write");
  }

  @Override
  public CompletionStage<Void> delete(String path) {
    throw new UnsupportedOperationException("delete");
  }

  @Override
  public void close() {}
}
