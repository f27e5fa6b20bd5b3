package dev.ash.node.egress;

import java.net.IDN;
import java.net.InetAddress;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** One entry of a list of what may be reached. */
sealed interface AllowEntry {
  Set<Integer> DEFAULT_PORTS = Set.of(80, 443);

  String FORM =
      "host, *.host, address, address/bits or [IPv6/bits], each with or without a :port,"
          + " a name with or without =private";

  /** Prefix of a wildcard, host, bits, bracket, port, mark. */
  Pattern ENTRY =
      Pattern.compile(
          "(?<below>\\*\\.)?(?<host>\\[[^\\]/]*|[^\\[\\]:/=*]+)(?:/(?<bits>\\d{1,3}))?(?<end>]?)"
              + "(?::(?<port>\\d{1,5}))?(?<mark>=private)?");

  /** Narrower ranges only: all of a family is what {@code full} is for. */
  int WIDEST_IPV4 = 8;

  int WIDEST_IPV6 = 7;

  Set<Integer> ports();

  /**
   * A name.
   *
   * @param below whether the names below it are meant, and not itself
   * @param privateToo whether it may be at a private address
   */
  record Named(String name, boolean below, Set<Integer> ports, boolean privateToo)
      implements AllowEntry {
    public Named {
      ports = Set.copyOf(ports);
    }

    boolean covers(String other, int port) {
      return ports.contains(port) && (below ? other.endsWith("." + name) : other.equals(name));
    }
  }

  /** A range of addresses, of whatever kind they are. */
  record Range(Network network, Set<Integer> ports) implements AllowEntry {
    public Range {
      ports = Set.copyOf(ports);
    }

    boolean covers(InetAddress address, int port) {
      return ports.contains(port) && network.contains(address);
    }
  }

  static AllowEntry parse(String text) throws UnreadableException {
    var parts = ENTRY.matcher(text);
    if (!parts.matches()) {
      throw unreadable(text, FORM);
    }
    var ports = ports(text, parts);
    var below = parts.group("below") != null;
    var bits = parts.group("bits");
    return switch (Host.parse(ascii(parts.group("host") + parts.group("end")))) {
      case Host.Name(var name) when bits == null ->
          new Named(name, below, ports, parts.group("mark") != null);
      case Host.Address(var address) when !below && parts.group("mark") == null ->
          new Range(network(text, address, bits), ports);
      case Host.Name _, Host.Address _ -> throw unreadable(text, FORM);
    };
  }

  private static Set<Integer> ports(String text, Matcher parts) throws UnreadableException {
    if (parts.group("port") == null) {
      return DEFAULT_PORTS;
    }
    var port = Integer.parseInt(parts.group("port"));
    if (port < 1 || port > Target.LAST_PORT) {
      throw unreadable(text, "a port of 1 to " + Target.LAST_PORT);
    }
    return Set.of(port);
  }

  private static Network network(String text, InetAddress address, String bits)
      throws UnreadableException {
    var whole = Network.only(address);
    if (bits == null) {
      return whole;
    }
    var prefix = Integer.parseInt(bits);
    var widest = whole.prefix() == 32 ? WIDEST_IPV4 : WIDEST_IPV6;
    if (prefix < widest || prefix > whole.prefix()) {
      throw unreadable(
          text,
          "/%d to /%d; every public address is ASH_SANDBOX_NETWORK=full"
              .formatted(widest, whole.prefix()));
    }
    return new Network(address, prefix);
  }

  /** Names may be written with letters of any script. */
  private static String ascii(String host) throws UnreadableException {
    try {
      return host.startsWith("[") ? host : IDN.toASCII(host);
    } catch (IllegalArgumentException e) {
      throw unreadable(host, "a host name");
    }
  }

  private static UnreadableException unreadable(String text, String expected) {
    return new UnreadableException(Printable.of(text) + " (expected: " + expected + ")");
  }
}
