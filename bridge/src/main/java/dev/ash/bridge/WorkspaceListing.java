package dev.ash.bridge;

import dev.ash.protocol.bridge.BridgeFrame;
import dev.ash.protocol.bridge.BridgeFrame.Entry;
import dev.ash.protocol.bridge.BridgeFrame.Kind;
import dev.ash.protocol.bridge.FrameLimits;
import dev.ash.protocol.bridge.NodeFrame;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * One walk over the workspace, sent in batches as it goes: names are never sorted nor all held.
 * Links are listed, not followed. Pipes, sockets, devices and names that are no clean text are left
 * out. What changes under the walk is listed as it was met.
 */
final class WorkspaceListing {
  private static final int BATCH = 256;
  private static final int BATCH_CHARACTERS = 48 << 10;
  private static final Optional<String> NONE = Optional.empty();
  private static final int TYPE_MASK = 0170000;
  private static final int TYPE_FILE = 0100000;
  private static final int TYPE_DIRECTORY = 0040000;
  private static final int TYPE_LINK = 0120000;

  private final Path root;
  private final NodeFrame.ListFiles request;
  private final Set<String> skip;
  private final Digests digests;
  private final Outbox outbox;
  private final Deque<String> folders = new ArrayDeque<>();
  private final List<Entry> batch = new ArrayList<>();
  private int batchCharacters;
  private int listed;
  private boolean truncated;
  private boolean gone;

  WorkspaceListing(Path root, NodeFrame.ListFiles request, Digests digests, Outbox outbox) {
    this.root = root;
    this.request = request;
    this.skip = new HashSet<>(request.skip());
    this.digests = digests;
    this.outbox = outbox;
  }

  void run() {
    digests.begin();
    folders.push("");
    while (!folders.isEmpty() && !gone && listed < FrameLimits.ENTRIES) {
      folder(folders.pop());
    }
    truncated |= !folders.isEmpty();
    outbox.put(new BridgeFrame.Entries(request.id(), batch, true, truncated));
  }

  private void folder(String folder) {
    try (var names = Files.newDirectoryStream(root.resolve(folder))) {
      for (var path : names) {
        if (listed == FrameLimits.ENTRIES) {
          truncated = true;
          return;
        }
        var name = String.valueOf(path.getFileName());
        if (!skip.contains(name) && !name.startsWith(Workspace.UNFINISHED) && clean(name)) {
          entry(folder.isEmpty() ? name : folder + "/" + name, path);
        }
        if (gone) {
          return;
        }
      }
    } catch (IOException | DirectoryIteratorException e) {
      // The agent removed or locked it meanwhile; its entry was sent, its content cannot be.
      truncated |= Files.isDirectory(root.resolve(folder), LinkOption.NOFOLLOW_LINKS);
    }
  }

  private void entry(String name, Path path) {
    if (name.getBytes(StandardCharsets.UTF_8).length > FrameLimits.PATH) {
      truncated = true;
      return;
    }
    try {
      var facts = Facts.of(path);
      switch (facts.type()) {
        case TYPE_FILE ->
            add(name, Kind.FILE, facts, request.digests() ? digests.of(path, facts.stamp()) : NONE);
        case TYPE_DIRECTORY -> {
          add(name, Kind.DIRECTORY, facts, NONE);
          folders.push(name);
        }
        case TYPE_LINK -> {
          var target = Files.readSymbolicLink(path).toString();
          if (clean(target)) {
            add(name, facts, target);
          }
        }
        default -> {
          // Neither readable nor storable.
        }
      }
    } catch (IOException e) {
      // It is gone meanwhile, and so not part of the workspace.
      return;
    }
  }

  private void add(String name, Kind kind, Facts facts, Optional<String> digest) {
    add(
        new Entry(
            name, kind, facts.stamp().size(), facts.bits(), facts.modifiedNs(), digest, NONE));
  }

  private void add(String name, Facts facts, String target) {
    add(
        new Entry(
            name,
            Kind.LINK,
            facts.stamp().size(),
            facts.bits(),
            facts.modifiedNs(),
            NONE,
            Optional.of(target)));
  }

  private void add(Entry entry) {
    batch.add(entry);
    batchCharacters += entry.path().length() + entry.target().map(String::length).orElse(0);
    listed++;
    if (batch.size() == BATCH || batchCharacters > BATCH_CHARACTERS) {
      gone = !outbox.put(new BridgeFrame.Entries(request.id(), batch, false, false));
      batch.clear();
      batchCharacters = 0;
    }
  }

  /** What the file system says of one name. */
  private record Facts(int mode, Digests.Stamp stamp) {
    static Facts of(Path path) throws IOException {
      var all =
          Files.readAttributes(
              path, "unix:mode,size,ino,lastModifiedTime,ctime", LinkOption.NOFOLLOW_LINKS);
      if (all.get("mode") instanceof Integer mode
          && all.get("size") instanceof Long size
          && all.get("ino") instanceof Long inode
          && all.get("lastModifiedTime") instanceof FileTime modified
          && all.get("ctime") instanceof FileTime changed) {
        return new Facts(
            mode,
            new Digests.Stamp(
                inode, size, modified.to(TimeUnit.NANOSECONDS), changed.to(TimeUnit.NANOSECONDS)));
      }
      throw new IOException("no file attributes");
    }

    int type() {
      return mode & TYPE_MASK;
    }

    int bits() {
      return mode & 07777;
    }

    long modifiedNs() {
      return stamp.modifiedNs();
    }
  }

  /** Whether a name is text: bytes that are not came out of the decoder as replacement signs. */
  private static boolean clean(String name) {
    return name.chars().noneMatch(c -> Character.isISOControl(c) || c == '\uFFFD')
        && StandardCharsets.UTF_8.newEncoder().canEncode(name);
  }
}
