package dev.ash.node.workspace;

import dev.ash.node.bridge.Bridge;
import dev.ash.protocol.id.Digest;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.apache.pekko.util.ByteString;

/**
 * Saves, restores and reads stored file trees. All methods block; call them on {@code blocking-io}.
 */
public interface Workspaces {

  /**
   * Stores what is in a live workspace: only files whose content is not stored yet are read. Names
   * that the contract never persists (node_modules, .git, sockets, ...) are left out.
   *
   * @return the manifest's digest; the same as {@code previous} when nothing changed
   * @throws TooLargeException when the files are larger than the configured disk size
   */
  Digest save(Bridge bridge, Optional<Digest> previous) throws IOException, InterruptedException;

  /** Writes a stored tree into an empty folder that no foreign process can touch yet. */
  void restore(Digest manifest, Path folder) throws IOException;

  /** The entries of a stored tree in the order of paths. */
  List<Entry> list(Digest manifest) throws IOException;

  /** The content of a stored file; the caller closes it. */
  InputStream open(Digest blob) throws IOException;

  /** Stores a tree given as paths and contents, e.g. a deployed folder. */
  Digest store(List<NewFile> files) throws IOException;

  /** Stores a tree that differs from a stored one by what {@code change} does to its entries. */
  Digest change(Digest manifest, Function<List<Entry>, List<Entry>> change) throws IOException;

  /** Stores one content. */
  Digest storeBlob(InputStream content) throws IOException;

  /**
   * One stored path.
   *
   * @param blob content of a file; empty for folders and links
   * @param target text of a link
   */
  record Entry(
      String path,
      Bridge.Kind kind,
      long size,
      int mode,
      Instant modified,
      Optional<Digest> blob,
      Optional<String> target) {}

  /** A file to be stored. */
  record NewFile(String path, ByteString content, int mode, Instant modified) {}

  /** A workspace is over its disk limit; the message is what the client is told. */
  final class TooLargeException extends IOException {
    private static final long serialVersionUID = 1L;

    public TooLargeException(String message) {
      super(message);
    }
  }
}
