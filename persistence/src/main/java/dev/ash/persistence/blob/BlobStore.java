package dev.ash.persistence.blob;

import dev.ash.protocol.id.Digest;
import java.io.IOException;
import java.io.InputStream;
import java.util.function.Consumer;

/**
 * Contents by their SHA-256. Storing the same content twice stores it once. All methods block;
 * threads and processes may share a store.
 */
public interface BlobStore {

  boolean has(Digest digest) throws IOException;

  /**
   * Stores all that a stream holds. When this returns, the content survives a power failure. The
   * stream is not closed and not bounded here.
   */
  Digest put(InputStream content) throws IOException;

  /**
   * The content; the caller closes it. Reading to the end checks it: the last read throws {@link
   * CorruptBlobException} when the bytes are not those of the digest.
   *
   * @throws java.nio.file.NoSuchFileException when it is not stored
   */
  InputStream open(Digest digest) throws IOException;

  /**
   * Length in bytes.
   *
   * @throws java.nio.file.NoSuchFileException when it is not stored
   */
  long size(Digest digest) throws IOException;

  /**
   * Names everything that was stored when it began, in no order; what came since may be missing.
   */
  void forEach(Consumer<Digest> consumer) throws IOException;

  /** False when it was not stored. */
  boolean delete(Digest digest) throws IOException;

  /** What was read back is not what was stored. */
  final class CorruptBlobException extends IOException {
    private static final long serialVersionUID = 1L;

    CorruptBlobException(Digest wanted, Digest found) {
      super("blob %s: content has digest %s (expected: its own name)".formatted(wanted, found));
    }
  }
}
