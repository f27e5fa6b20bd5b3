package dev.ash.node.egress;

import java.util.regex.Pattern;

/** Where a sandbox wants to connect. */
record Target(Host host, int port) {
  private static final Pattern AUTHORITY =
      Pattern.compile("(\\[[^\\]]*]|[^:\\[\\]]*)(?::(\\d{1,5}))?");
  static final int LAST_PORT = 65_535;

  /**
   * Reads {@code host} or {@code host:port}.
   *
   * @param defaultPort when none is written; 0 if one must be
   */
  static Target parse(String authority, int defaultPort) throws UnreadableException {
    var parts = AUTHORITY.matcher(authority);
    if (!parts.matches()) {
      throw new UnreadableException(
          "target: " + Printable.of(authority) + " (expected: host:port)");
    }
    var host = Host.parse(parts.group(1));
    var port = parts.group(2) == null ? defaultPort : Integer.parseInt(parts.group(2));
    if (port < 1 || port > LAST_PORT) {
      throw new UnreadableException(
          "target: "
              + Printable.of(authority)
              + " (expected: host:port, with a port of 1 to 65535)");
    }
    return new Target(host, port);
  }

  @Override
  public String toString() {
    return host + ":" + port;
  }
}
