package dev.ash.gateway.audit;

import java.security.MessageDigest;
import java.util.HexFormat;

/** Bytes of a log that belong to no line of its chain: a torn line, or lines from before. */
final class Unchained {
  private final MessageDigest digest;
  private long bytes;
  private boolean ended;

  Unchained() {
    this(Seal.sha256(), 0, true);
  }

  private Unchained(MessageDigest digest, long bytes, boolean ended) {
    this.digest = digest;
    this.bytes = bytes;
    this.ended = ended;
  }

  void add(byte[] more, int from, int length) {
    if (length > 0) {
      digest.update(more, from, length);
      bytes += length;
      ended = more[from + length - 1] == '\n';
    }
  }

  boolean isEmpty() {
    return bytes == 0;
  }

  long bytes() {
    return bytes;
  }

  /** Whether the last byte is a line's end. */
  boolean isEnded() {
    return ended;
  }

  String sha256() {
    return HexFormat.of().formatHex(copy().digest.digest());
  }

  Unchained copy() {
    try {
      return new Unchained((MessageDigest) digest.clone(), bytes, ended);
    } catch (CloneNotSupportedException e) {
      throw new IllegalStateException("the JDK's SHA-256 can be copied", e);
    }
  }
}
