package dev.ash.node.workspace;

import dev.ash.node.bridge.Bridge.Kind;
import dev.ash.node.workspace.Workspaces.Entry;
import dev.ash.protocol.id.Digest;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;

/**
 * Reads a compressed tar that anybody may have made. Contents are stored as they come; what the
 * archive says about paths and links is checked as text, and nothing is written to a folder. Links
 * that leave the archive, devices and pipes are left out, as are the names that are never saved.
 */
public final class TarballReader {
  private static final int MOST_ENTRIES = 100_000;
  private static final int LINK_MODE = 0777;
  private static final long LONGEST_HEADER = 1 << 20;
  private static final long HEADERS_IN_ALL = 256L << 20;

  private final Workspaces workspaces;
  private final long mostBytes;
  private final TreeMap<String, Entry> entries = new TreeMap<>();
  private long bytes;
  private int seen;

  /**
   * Reads one archive.
   *
   * @param mostBytes of all contents together
   */
  public TarballReader(Workspaces workspaces, long mostBytes) {
    this.workspaces = workspaces;
    this.mostBytes = mostBytes;
  }

  /** It is not such an archive, or holds what must not be; the message is for its sender. */
  public static final class InvalidException extends Exception {
    private static final long serialVersionUID = 1L;

    InvalidException(String message) {
      super(message);
    }
  }

  /** Whether it begins as gzip does. */
  public static boolean isGzip(byte[] start) {
    return start.length > 1 && start[0] == (byte) 0x1f && start[1] == (byte) 0x8b;
  }

  /** The archive's entries in the order of paths; their contents are stored. */
  public List<Entry> read(InputStream compressed) throws IOException, InvalidException {
    try (var counted =
            new CountedStream(new GZIPInputStream(compressed), mostBytes + HEADERS_IN_ALL);
        var tar = new TarArchiveInputStream(counted, StandardCharsets.UTF_8.name())) {
      // Names and attributes are held in memory before anything of them can be looked at.
      counted.allow(LONGEST_HEADER);
      for (var entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
        if (++seen > MOST_ENTRIES) {
          throw new InvalidException("more than " + MOST_ENTRIES + " entries");
        }
        if (entry.isSparse()) {
          // Its holes count for nothing here and for all of their length where it is stored.
          throw new InvalidException(
              "file \"" + entry.getName() + "\" is sparse (expected: an ordinary one)");
        }
        counted.allow(Long.MAX_VALUE);
        add(entry, tar);
        tar.transferTo(OutputStream.nullOutputStream());
        counted.allow(LONGEST_HEADER);
      }
    } catch (StoreException e) {
      throw e.failure();
    } catch (ZipException e) {
      throw new InvalidException("broken gzip: " + e.getMessage());
    } catch (IOException | IllegalArgumentException e) {
      throw new InvalidException("broken tar: " + e.getMessage());
    }
    return List.copyOf(entries.values());
  }

  private void add(TarArchiveEntry entry, InputStream content)
      throws IOException, InvalidException {
    var name = entry.getName();
    var path = PathRules.clean(name);
    if (path.isEmpty()) {
      if (entry.isDirectory() && name.matches("[./]*") && !name.contains("..")) {
        return; // the archive's own root
      }
      throw new InvalidException("path \"" + name + "\" (expected: one inside the workspace)");
    }
    if (!PathRules.isPersisted(path.get(), entry.isDirectory())) {
      return;
    }
    read(entry, path.get(), content).ifPresent(read -> entries.put(read.path(), read));
    for (var parent : PathRules.parents(path.get())) {
      var above = entries.get(parent);
      if (above != null && above.kind() != Kind.DIRECTORY) {
        throw new InvalidException("path \"" + name + "\" lies below \"" + parent + "\"");
      }
    }
  }

  private Optional<Entry> read(TarArchiveEntry entry, String path, InputStream content)
      throws IOException, InvalidException {
    if (entry.isDirectory()) {
      return Optional.of(made(entry, path, Kind.DIRECTORY, 0, Optional.empty(), Optional.empty()));
    }
    if (entry.isSymbolicLink()) {
      var target = entry.getLinkName();
      return PathRules.targetOf(path, target)
          .map(_ -> made(entry, path, Kind.LINK, 0, Optional.empty(), Optional.of(target)));
    }
    if (entry.isLink()) {
      return PathRules.clean(entry.getLinkName())
          .map(entries::get)
          .filter(other -> other.kind() == Kind.FILE)
          .map(o -> made(entry, path, Kind.FILE, o.size(), o.blob(), Optional.empty()));
    }
    if (entry.isFIFO() || entry.isBlockDevice() || entry.isCharacterDevice() || !entry.isFile()) {
      return Optional.empty();
    }
    bytes += entry.getSize();
    if (bytes > mostBytes) {
      throw new InvalidException("more than " + mostBytes + " bytes of files");
    }
    return Optional.of(
        made(
            entry,
            path,
            Kind.FILE,
            entry.getSize(),
            Optional.of(stored(content)),
            Optional.empty()));
  }

  private Digest stored(InputStream content) throws IOException {
    var source = new SourceErrors(content);
    try {
      return workspaces.storeBlob(source);
    } catch (IOException e) {
      throw source.failed() ? e : new StoreException(e);
    }
  }

  private static Entry made(
      TarArchiveEntry entry,
      String path,
      Kind kind,
      long size,
      Optional<Digest> blob,
      Optional<String> target) {
    return new Entry(
        path,
        kind,
        size,
        kind == Kind.LINK ? LINK_MODE : entry.getMode() & LINK_MODE,
        entry.getLastModifiedTime().toInstant(),
        blob,
        target);
  }

  /** Tells a broken archive from a full disk: both come as the same exception. */
  private static final class SourceErrors extends java.io.FilterInputStream {
    private boolean failed;

    SourceErrors(InputStream in) {
      super(in);
    }

    boolean failed() {
      return failed;
    }

    @Override
    public int read() throws IOException {
      try {
        return super.read();
      } catch (IOException e) {
        failed = true;
        throw e;
      }
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
      try {
        return super.read(buffer, offset, length);
      } catch (IOException e) {
        failed = true;
        throw e;
      }
    }

    @Override
    public void close() {
      // the archive goes on
    }
  }

  /** The store failed, not the archive. */
  private static final class StoreException extends IOException {
    private static final long serialVersionUID = 1L;
    private final IOException failure;

    StoreException(IOException failure) {
      super(failure);
      this.failure = failure;
    }

    IOException failure() {
      return failure;
    }
  }
}
