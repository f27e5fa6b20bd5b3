package dev.ash.node.egress;

import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** What kind of place an address is (the special-purpose registries of IANA). */
enum AddressKind {
  /** Of the internet. */
  PUBLIC,
  /** Of this machine or of a site: loopback, private, unique local, shared (CGNAT). */
  PRIVATE,
  /** Nothing that a name means: link-local, multicast, documentation, translated and more. */
  RESERVED,
  /** Tells whoever asks the credentials of this machine. */
  METADATA;

  private static final List<Network> METADATA_ADDRESSES =
      networks(
          "169.254.169.254/32",
          "169.254.170.2/32",
          "169.254.170.23/32",
          "100.100.100.200/32",
          "168.63.129.16/32",
          "192.0.0.192/32",
          "fd00:ec2::254/128",
          "fd00:ec2::23/128",
          "fd20:ce::254/128");

  private static final Set<String> METADATA_NAMES =
      Set.of(
          "metadata.google.internal",
          "metadata.goog",
          "metadata",
          "metadata.azure.internal",
          "instance-data",
          "instance-data.ec2.internal");

  private static final List<Network> PRIVATE_RANGES =
      networks(
          "10.0.0.0/8",
          "100.64.0.0/10",
          "127.0.0.0/8",
          "172.16.0.0/12",
          "192.168.0.0/16",
          "::1/128",
          "fc00::/7");

  private static final List<Network> RESERVED_RANGES =
      networks(
          "0.0.0.0/8",
          "169.254.0.0/16",
          "192.0.0.0/24",
          "192.0.2.0/24",
          "192.88.99.0/24",
          "198.18.0.0/15",
          "198.51.100.0/24",
          "203.0.113.0/24",
          "224.0.0.0/3",
          "2001::/23",
          "2001:db8::/32",
          "2002::/16",
          "3fff::/20");

  /** All else of IPv6 is not given out. */
  private static final Network GLOBAL_IPV6 = Network.of("2000::/3");

  /** Where an IPv4 address stands in an IPv6 one: range, and the byte at which it begins. */
  private record Embedding(Network range, int at) {}

  private static final List<Embedding> EMBEDDINGS =
      List.of(
          new Embedding(Network.of("::/96"), 12),
          new Embedding(Network.of("64:ff9b::/96"), 12),
          new Embedding(Network.of("64:ff9b:1::/48"), 12),
          new Embedding(Network.of("2002::/16"), 2));

  static AddressKind of(InetAddress address) {
    if (in(METADATA_ADDRESSES, address) || embedded(address).anyMatch(AddressKind::isMetadata)) {
      return METADATA;
    }
    if (in(PRIVATE_RANGES, address)) {
      return PRIVATE;
    }
    var given = address.getAddress().length == 4 || GLOBAL_IPV6.contains(address);
    return given && !in(RESERVED_RANGES, address) ? PUBLIC : RESERVED;
  }

  /** Whether a name is one of those under which clouds tell credentials. */
  static boolean isMetadata(String name) {
    return METADATA_NAMES.contains(name);
  }

  private static boolean isMetadata(InetAddress address) {
    return in(METADATA_ADDRESSES, address);
  }

  private static Stream<InetAddress> embedded(InetAddress address) {
    var bytes = address.getAddress();
    return EMBEDDINGS.stream()
        .filter(embedding -> embedding.range().contains(address))
        .map(embedding -> ipv4(Arrays.copyOfRange(bytes, embedding.at(), embedding.at() + 4)));
  }

  private static InetAddress ipv4(byte[] bytes) {
    try {
      return InetAddress.getByAddress(bytes);
    } catch (UnknownHostException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static boolean in(List<Network> ranges, InetAddress address) {
    return ranges.stream().anyMatch(range -> range.contains(address));
  }

  private static List<Network> networks(String... texts) {
    return Stream.of(texts).map(Network::of).toList();
  }
}
