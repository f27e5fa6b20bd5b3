package dev.ash.node.session;

/** Counts the bytes of texts without making them. */
final class Utf8 {
  private Utf8() {}

  static long size(String text) {
    var size = 0L;
    for (var i = 0; i < text.length(); i++) {
      var c = text.charAt(i);
      // Both halves of a pair together take four bytes.
      size += c < 0x80 ? 1 : c < 0x800 || Character.isSurrogate(c) ? 2 : 3;
    }
    return size;
  }
}
