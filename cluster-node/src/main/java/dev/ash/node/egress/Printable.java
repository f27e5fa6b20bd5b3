package dev.ash.node.egress;

/** Text of a sandbox as it may stand in a message: short, and without control characters. */
final class Printable {
  private static final int LONGEST = 300;

  private Printable() {}

  static String of(String text) {
    var plain = text.replaceAll("[^\\x20-\\x7e]", "?");
    return plain.length() <= LONGEST ? plain : plain.substring(0, LONGEST) + "...";
  }
}
