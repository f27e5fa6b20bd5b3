package dev.ash.gateway.config;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.eclipse.jetty.util.InetAddressPattern;

/** Networks and single addresses, of both families. An address belongs to its own family only. */
public record Networks(List<InetAddressPattern> members) {
  private static final String BYTE = "(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])";
  private static final Pattern IPV4 = Pattern.compile(BYTE + "(\\." + BYTE + "){3}");
  private static final Pattern BITS = Pattern.compile("[0-9]{1,3}");
  private static final Pattern IPV6 = Pattern.compile("[0-9a-fA-F:.]*:[0-9a-fA-F:.]*");

  public Networks {
    members = List.copyOf(members);
  }

  public static Networks none() {
    return new Networks(List.of());
  }

  /** Reads {@code 10.0.0.0/8}, {@code 2001:db8::/32}, or an address alone. */
  static Networks of(String where, List<String> texts) throws ConfigException {
    var members = new ArrayList<InetAddressPattern>();
    for (var text : texts) {
      try {
        // Jetty would ask the name service for anything that is no address, and passes over what
        // stands behind the bits.
        var parts = text.split("/", 2);
        var address = address(parts[0]);
        if (parts.length == 2
            && (!BITS.matcher(parts[1]).matches()
                || Integer.parseInt(parts[1]) > address.getAddress().length * Byte.SIZE)) {
          throw new IllegalArgumentException(text);
        }
        members.add(InetAddressPattern.from(text));
      } catch (IllegalArgumentException _) {
        throw new ConfigException(
            where,
            text,
            "an address or a network such as 10.0.0.0/8 or 2001:db8::/32, nothing after its bits");
      }
    }
    return new Networks(members);
  }

  /**
   * An address as it is written without a name service.
   *
   * @throws IllegalArgumentException when it is none
   */
  public static InetAddress address(String text) {
    if (!IPV4.matcher(text).matches() && !IPV6.matcher(text).matches()) {
      throw new IllegalArgumentException("address: " + text + " (expected: IPv4 or IPv6)");
    }
    return InetAddress.ofLiteral(text);
  }

  public boolean isEmpty() {
    return members.isEmpty();
  }

  public boolean contains(InetAddress address) {
    return members.stream().anyMatch(member -> member.test(address));
  }
}
