package dev.ash.node.egress;

import java.net.InetAddress;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * A host in its one spelling. Every other spelling of an address (decimal, octal, hexadecimal,
 * shortened, with a zone) is not read at all, so that what was checked is what is dialled.
 */
sealed interface Host {
  int LONGEST_NAME = 253;
  Pattern IPV4 =
      Pattern.compile(
          "((25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)\\.){3}(25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)");
  Pattern IPV6 = Pattern.compile("(?=.*:)[0-9A-Fa-f:.]{2,45}");
  Pattern NUMBER = Pattern.compile("\\d+|0[xX][0-9a-fA-F]*");
  Pattern LABEL = Pattern.compile("[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?");

  /**
   * A name to be looked up.
   *
   * @param name lower-case ASCII without a dot at the end
   */
  record Name(String name) implements Host {
    @Override
    public String toString() {
      return name;
    }
  }

  /** An address that was written as such. */
  record Address(InetAddress address) implements Host {
    @Override
    public String toString() {
      var text = address.getHostAddress();
      return text.contains(":") ? "[" + text + "]" : text;
    }
  }

  /**
   * Reads a host as a request writes it.
   *
   * @param text a name, an IPv4 address, or an IPv6 address in brackets
   */
  static Host parse(String text) throws UnreadableException {
    if (text.startsWith("[")) {
      return new Address(ipv6(text));
    }
    var bare = text.endsWith(".") ? text.substring(0, text.length() - 1) : text;
    if (IPV4.matcher(bare).matches()) {
      return new Address(InetAddress.ofLiteral(bare));
    }
    var labels = bare.split("\\.", -1);
    if (NUMBER.matcher(labels[labels.length - 1]).matches()) {
      throw unreadable(text, "an IPv4 address as four decimal numbers");
    }
    for (var label : labels) {
      if (!LABEL.matcher(label).matches()) {
        throw unreadable(text, "a host name of letters, digits, - and dots");
      }
    }
    if (bare.length() > LONGEST_NAME) {
      throw unreadable(text.substring(0, 40) + "…", "at most " + LONGEST_NAME + " characters");
    }
    return new Name(bare.toLowerCase(Locale.ROOT));
  }

  private static InetAddress ipv6(String text) throws UnreadableException {
    var inner = text.endsWith("]") ? text.substring(1, text.length() - 1) : "";
    try {
      if (IPV6.matcher(inner).matches()) {
        return InetAddress.ofLiteral(inner);
      }
    } catch (IllegalArgumentException _) {
      throw unreadable(text, "an IPv6 address in brackets");
    }
    throw unreadable(text, "an IPv6 address in brackets, without a zone");
  }

  private static UnreadableException unreadable(String text, String expected) {
    return new UnreadableException("host: " + Printable.of(text) + " (expected: " + expected + ")");
  }
}
