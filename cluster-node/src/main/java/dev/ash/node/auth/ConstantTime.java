package dev.ash.node.auth;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.ash.protocol.id.Digest;
import java.security.MessageDigest;

/** Compares secrets without telling by its time how much of them, or how long they are. */
final class ConstantTime {
  private ConstantTime() {}

  static boolean equal(String a, String b) {
    return MessageDigest.isEqual(digest(a), digest(b));
  }

  private static byte[] digest(String text) {
    return Digest.sha256().digest(text.getBytes(UTF_8));
  }
}
