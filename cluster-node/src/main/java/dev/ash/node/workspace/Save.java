package dev.ash.node.workspace;

import dev.ash.node.bridge.Bridge;
import dev.ash.node.bridge.Bridge.Chunk;
import dev.ash.node.bridge.Bridge.Kind;
import dev.ash.node.workspace.Workspaces.Entry;
import dev.ash.node.workspace.Workspaces.TooLargeException;
import dev.ash.persistence.blob.BlobStore;
import dev.ash.protocol.id.Digest;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One save of a live workspace. Everything the sandbox says is a claim: a digest it names saves the
 * reading only when this same workspace had that content before, so that naming the digest of
 * somebody else's file does not give that file away. The digests that are stored are computed here,
 * from bytes.
 */
final class Save {
  private static final Logger LOG = LoggerFactory.getLogger(Save.class);

  /** Files whose first part is asked for ahead of its turn. */
  private static final int AHEAD = 8;

  private static final int ATTEMPTS = 2;

  private final Bridge bridge;
  private final BlobStore blobs;
  private final long limit;
  private final Map<Digest, Long> known = new HashMap<>();
  private final Map<String, Digest> claims = new HashMap<>();
  private long size;
  private int unreadable;

  Save(Bridge bridge, BlobStore blobs, long limit, Manifest previous) {
    this.bridge = bridge;
    this.blobs = blobs;
    this.limit = limit;
    for (var entry : previous.entries()) {
      entry.blob().ifPresent(blob -> known.put(blob, entry.size()));
    }
  }

  Manifest run() throws IOException, InterruptedException {
    var listed = listed();
    size = totalSize(listed);
    requireRoom(size);
    var entries = new ArrayList<Entry>(listed.size());
    var pending = new ArrayDeque<Pending>();
    for (var entry : listed) {
      var blob = knownContent(entry);
      if (entry.kind() != Kind.FILE || blob.isPresent()) {
        entries.add(with(entry, entry.size(), blob));
        continue;
      }
      pending.add(new Pending(entry, firstChunk(entry)));
      if (pending.size() == AHEAD) {
        store(pending.remove(), entries);
      }
    }
    storeAll(pending, entries);
    if (unreadable > 0) {
      LOG.info("{} files could not be read and are not saved", unreadable);
    }
    return new Manifest(entries);
  }

  /** What is worth keeping of what the bridge lists. */
  private List<Entry> listed() throws IOException, InterruptedException {
    var listing = BridgeCalls.await(bridge.list(true), "listing the workspace");
    if (listing.truncated() || listing.entries().size() > Manifest.MAX_ENTRIES) {
      throw new TooLargeException(
          "Workspace has too many files and folders (max " + Manifest.MAX_ENTRIES + ")");
    }
    var kept = new ArrayList<Entry>(listing.entries().size());
    for (var entry : listing.entries()) {
      if (PathRules.isPersisted(entry.path(), entry.kind() == Kind.DIRECTORY)) {
        kept.add(
            new Entry(
                entry.path(),
                entry.kind(),
                entry.size(),
                entry.mode(),
                entry.modified(),
                Optional.empty(),
                entry.target()));
        claimOf(entry).ifPresent(digest -> claims.put(entry.path(), digest));
      }
    }
    return Manifest.soundOf(Manifest.sorted(kept));
  }

  private static Optional<Digest> claimOf(Bridge.Entry entry) {
    try {
      return entry.digest().map(Digest::new);
    } catch (IllegalArgumentException _) {
      return Optional.empty();
    }
  }

  private static long totalSize(List<Entry> entries) {
    var total = 0L;
    for (var entry : entries) {
      // Sizes are claims, and a sum of a few of them may pass the end of the numbers.
      total = total > Long.MAX_VALUE - entry.size() ? Long.MAX_VALUE : total + entry.size();
    }
    return total;
  }

  private void requireRoom(long bytes) throws TooLargeException {
    if (bytes > limit) {
      throw new TooLargeException("Workspace too large (" + bytes + " bytes, max " + limit + ")");
    }
  }

  private Optional<Digest> knownContent(Entry entry) {
    return Optional.ofNullable(claims.get(entry.path()))
        .filter(claim -> known.getOrDefault(claim, -1L) == entry.size());
  }

  private CompletionStage<Chunk> firstChunk(Entry entry) {
    return bridge.read(entry.path(), 0, FileStream.CHUNK);
  }

  private void storeAll(Deque<Pending> pending, List<Entry> to)
      throws IOException, InterruptedException {
    while (!pending.isEmpty()) {
      store(pending.remove(), to);
    }
  }

  private void store(Pending pending, List<Entry> to) throws IOException, InterruptedException {
    if (Thread.interrupted()) {
      throw new InterruptedException("interrupted between two files");
    }
    var entry = pending.entry();
    var first = pending.first();
    for (var attempt = 1; ; attempt++) {
      try (var content = new FileStream(bridge, entry.path(), first, roomFor(entry))) {
        var blob = blobs.put(content);
        if (attempt == ATTEMPTS || !movedOn(entry, content, blob)) {
          size += content.size() - entry.size();
          known.put(blob, content.size());
          to.add(with(entry, content.size(), Optional.of(blob)));
          return;
        }
      } catch (FileStream.OverLimit e) {
        requireRoom(size - entry.size() + e.received());
        throw e;
      } catch (BridgeCalls.Unreadable e) {
        LOG.debug("left out of a save: {}", e.getMessage());
        size -= entry.size();
        unreadable++;
        return;
      }
      first = firstChunk(entry);
    }
  }

  /** Whether a file is not what it was when it was listed, or changed while it was read. */
  private boolean movedOn(Entry entry, FileStream content, Digest blob) {
    var claim = claims.get(entry.path());
    return content.changed()
        || content.size() != entry.size()
        || (claim != null && !claim.equals(blob));
  }

  /** What the other files leave of the limit. */
  private long roomFor(Entry entry) {
    return limit - (size - entry.size());
  }

  private static Entry with(Entry entry, long size, Optional<Digest> blob) {
    return new Entry(
        entry.path(), entry.kind(), size, entry.mode(), entry.modified(), blob, entry.target());
  }

  /** A file that is to be read, with its first part on the way. */
  private record Pending(Entry entry, CompletionStage<Chunk> first) {}
}
