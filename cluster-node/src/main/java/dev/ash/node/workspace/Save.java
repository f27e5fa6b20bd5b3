package dev.ash.node.workspace;

import dev.ash.node.bridge.Bridge;
import dev.ash.node.bridge.Bridge.Kind;
import dev.ash.node.workspace.Workspaces.Entry;
import dev.ash.node.workspace.Workspaces.TooLargeException;
import dev.ash.protocol.id.Digest;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One save of a live workspace. Everything the sandbox says is a claim: a digest it names saves the
 * reading only when this same workspace had that content before, so that naming the digest of
 * somebody else's file does not give that file away. The digests that are stored are computed here,
 * from bytes.
 *
 * <p>Several files are under way at a time, because each waits for the sandbox and then for the
 * disk.
 */
final class Save {
  private static final Logger LOG = LoggerFactory.getLogger(Save.class);

  private static final int FILES_AT_A_TIME = 8;

  /** Of a folder, by its owner. */
  private static final int READABLE = 0500;

  private static final int ATTEMPTS = 2;

  private final Bridge bridge;
  private final Contents contents;
  private final long limit;
  private final Manifest previous;
  private final Map<Digest, Long> known = new HashMap<>();
  private final Map<String, Entry> before = new HashMap<>();
  private final Map<String, Digest> claims = new HashMap<>();

  /** Bytes of the whole workspace: as listed, and corrected as files turn out to be others. */
  private final AtomicLong size = new AtomicLong();

  private final AtomicInteger unreadable = new AtomicInteger();

  Save(Bridge bridge, Contents contents, long limit, Manifest previous) {
    this.bridge = bridge;
    this.contents = contents;
    this.limit = limit;
    this.previous = previous;
    for (var entry : previous.entries()) {
      entry.blob().ifPresent(blob -> known.put(blob, entry.size()));
      before.put(entry.path(), entry);
    }
  }

  Manifest run() throws IOException, InterruptedException {
    var listed = listed();
    size.set(totalSize(listed));
    requireRoom(size.get());
    var entries = new ArrayList<Entry>(listed.size());
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      try {
        var reading = new ArrayDeque<Future<Optional<Entry>>>();
        for (var entry : listed) {
          var blob = knownContent(entry);
          if (entry.kind() != Kind.FILE || blob.isPresent()) {
            entries.add(with(entry, entry.size(), blob));
            continue;
          }
          if (reading.size() == FILES_AT_A_TIME) {
            finish(reading.remove()).ifPresent(entries::add);
          }
          reading.add(threads.submit(() -> store(entry)));
        }
        while (!reading.isEmpty()) {
          finish(reading.remove()).ifPresent(entries::add);
        }
      } finally {
        threads.shutdownNow();
      }
    }
    // Files that grow at the same time do not see each other.
    requireRoom(size.get());
    if (unreadable.get() > 0) {
      LOG.info("{} files cannot be read and are not saved", unreadable);
    }
    return new Manifest(entries);
  }

  private static Optional<Entry> finish(Future<Optional<Entry>> reading)
      throws IOException, InterruptedException {
    try {
      return reading.get();
    } catch (ExecutionException e) {
      throw e.getCause() instanceof IOException cause ? cause : new IOException(e.getCause());
    }
  }

  /** What is worth keeping of what the bridge lists. */
  private List<Entry> listed() throws IOException, InterruptedException {
    var listing = BridgeCalls.await(bridge.list(true), "listing the workspace");
    if (listing.truncated() || listing.entries().size() > Manifest.MAX_ENTRIES) {
      requireFew(listing.entries().size());
      LOG.info("a part of the workspace cannot be listed");
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
    addWhatIsLocked(kept);
    return Manifest.soundOf(Manifest.sorted(kept));
  }

  /** A listing is also cut where a folder cannot be read, which is no reason to save nothing. */
  private static void requireFew(int entries) throws TooLargeException {
    if (entries >= Manifest.MAX_ENTRIES / 2) {
      throw new TooLargeException(
          "Workspace has too many files and folders (max " + Manifest.MAX_ENTRIES + ")");
    }
  }

  /** What lies in a folder that its owner has locked is still there, and as it was. */
  private void addWhatIsLocked(List<Entry> kept) {
    var locked = new HashSet<String>();
    for (var entry : kept) {
      if (entry.kind() == Kind.DIRECTORY && (entry.mode() & READABLE) != READABLE) {
        locked.add(entry.path());
      }
    }
    if (!locked.isEmpty()) {
      for (var entry : previous.entries()) {
        if (PathRules.parents(entry.path()).stream().anyMatch(locked::contains)) {
          kept.add(entry);
        }
      }
    }
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

  /**
   * Content that need not be read. A file without a claim is one that the bridge could not read, or
   * did not want to because of its size; it is known when size and time are as they were.
   */
  private Optional<Digest> knownContent(Entry entry) {
    if (entry.blob().isPresent()) {
      return entry.blob();
    }
    var claim = claims.get(entry.path());
    if (claim != null) {
      return Optional.of(claim).filter(c -> known.getOrDefault(c, -1L) == entry.size());
    }
    return Optional.ofNullable(before.get(entry.path()))
        .filter(old -> old.size() == entry.size() && old.modified().equals(entry.modified()))
        .flatMap(Entry::blob);
  }

  /** The entry of a file with its content stored; empty when it cannot be read. */
  private Optional<Entry> store(Entry entry) throws IOException {
    for (var attempt = 1; ; attempt++) {
      var room = limit - (size.get() - entry.size());
      try (var content = new FileStream(bridge, entry.path(), room)) {
        var blob = contents.store(content);
        if (attempt == ATTEMPTS || !movedOn(entry, content, blob)) {
          size.addAndGet(content.size() - entry.size());
          return Optional.of(with(entry, content.size(), Optional.of(blob)));
        }
      } catch (FileStream.OverLimit e) {
        requireRoom(limit - room + e.received());
        throw e;
      } catch (BridgeCalls.Unreadable e) {
        LOG.debug("a file is not saved: {}", e.getMessage());
        unreadable.incrementAndGet();
        size.addAndGet(-entry.size());
        return Optional.empty();
      }
    }
  }

  /** Whether a file is not what it was when it was listed, or changed while it was read. */
  private boolean movedOn(Entry entry, FileStream content, Digest blob) {
    var claim = claims.get(entry.path());
    return content.changed()
        || content.size() != entry.size()
        || (claim != null && !claim.equals(blob));
  }

  private static Entry with(Entry entry, long size, Optional<Digest> blob) {
    return new Entry(
        entry.path(), entry.kind(), size, entry.mode(), entry.modified(), blob, entry.target());
  }
}
