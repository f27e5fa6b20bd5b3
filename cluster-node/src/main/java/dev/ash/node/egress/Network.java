package dev.ash.node.egress;

import java.net.InetAddress;
import java.util.Arrays;

/**
 * A range of addresses of one family.
 *
 * @param prefix how many leading bits count
 */
record Network(InetAddress address, int prefix) {

  /**
   * Reads {@code address/bits}.
   *
   * @throws IllegalArgumentException when it is not in that form
   */
  static Network of(String text) {
    var slash = text.indexOf('/');
    return new Network(
        InetAddress.ofLiteral(text.substring(0, slash)),
        Integer.parseInt(text.substring(slash + 1)));
  }

  static Network only(InetAddress address) {
    return new Network(address, address.getAddress().length * 8);
  }

  boolean contains(InetAddress other) {
    var ours = address.getAddress();
    var theirs = other.getAddress();
    if (ours.length != theirs.length) {
      return false;
    }
    var whole = prefix / 8;
    if (!Arrays.equals(ours, 0, whole, theirs, 0, whole)) {
      return false;
    }
    var rest = prefix % 8;
    return rest == 0 || ((ours[whole] ^ theirs[whole]) & 0xff) >> (8 - rest) == 0;
  }
}
