package dev.ash.persistence.blob;

import dev.ash.persistence.blob.BlobStore.CorruptBlobException;
import dev.ash.protocol.id.Digest;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;

/** A blob's content that fails at its end when it was not what its name says. */
final class VerifyingStream extends FilterInputStream {
  private static final int SKIP_BUFFER = 8192;

  private final Digest wanted;
  private final MessageDigest hash = Digest.sha256();
  private boolean checked;

  VerifyingStream(InputStream in, Digest wanted) {
    super(in);
    this.wanted = wanted;
  }

  @Override
  public int read() throws IOException {
    var one = in.read();
    if (one < 0) {
      check();
    } else {
      hash.update((byte) one);
    }
    return one;
  }

  @Override
  public int read(byte[] buffer, int offset, int length) throws IOException {
    var count = in.read(buffer, offset, length);
    if (count < 0) {
      check();
    } else {
      hash.update(buffer, offset, count);
    }
    return count;
  }

  /** Reads what it skips: the hash needs every byte. */
  @Override
  public long skip(long wish) throws IOException {
    var buffer = new byte[Math.clamp(wish, 0, SKIP_BUFFER)];
    return Math.max(0, read(buffer, 0, buffer.length));
  }

  @Override
  public boolean markSupported() {
    return false;
  }

  private void check() throws CorruptBlobException {
    if (!checked) {
      checked = true;
      var found = Digest.of(hash);
      if (!found.equals(wanted)) {
        throw new CorruptBlobException(wanted, found);
      }
    }
  }
}
