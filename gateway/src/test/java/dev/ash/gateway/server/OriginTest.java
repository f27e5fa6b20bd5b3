package dev.ash.gateway.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ash.gateway.config.ConfigException;
import dev.ash.gateway.config.ConfigFile;
import dev.ash.gateway.config.Expansion;
import dev.ash.gateway.config.Fields;
import dev.ash.gateway.config.GatewayConfig.Addresses;
import dev.ash.gateway.config.Trees;
import java.net.InetAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class OriginTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        // peer | X-Forwarded-For | who it is, with trusted proxies 10.0.0.0/8 and 2001:db8:1::/48
        "192.0.2.1 | 10.0.0.1 | 192.0.2.1",
        "192.0.2.1 | '' | 192.0.2.1",
        "10.0.0.1 | 198.51.100.7 | 198.51.100.7",
        "10.0.0.1 | 1.1.1.1, 198.51.100.7 | 198.51.100.7",
        "10.0.0.1 | 1.1.1.1, 198.51.100.7, 10.0.0.2 | 198.51.100.7",
        "10.0.0.1 | 10.0.0.3, 10.0.0.2 | 10.0.0.3",
        "10.0.0.1 | 198.51.100.7:4711 | 198.51.100.7",
        "10.0.0.1 | '[2001:db8:2::7]:4711' | 2001:db8:2:0:0:0:0:7",
        "10.0.0.1 | 2001:db8:2::7 | 2001:db8:2:0:0:0:0:7",
        "10.0.0.1 | ::ffff:198.51.100.7 | 198.51.100.7",
        "2001:db8:1::9 | 198.51.100.7 | 198.51.100.7",
        "2001:db8:2::9 | 198.51.100.7 | 2001:db8:2:0:0:0:0:9",
        "::ffff:10.0.0.1 | 198.51.100.7 | 198.51.100.7",
      })
  void believesOnlyWhatTrustedProxiesAdded(String peer, String header, String who)
      throws Exception {
    assertThat(origin(peer, header).shown()).isEqualTo(who);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "unknown",
        "localhost",
        "_hidden",
        "198.51.100.7, ",
        "1.2.3",
        "010.1.1.1",
        "1.2.3.4.5",
        "198.51.100.7:port",
      })
  void aProxyThatNamesNoAddressIsNotPassedOver(String header) throws Exception {
    assertThat(origin("10.0.0.1", header))
        .isInstanceOf(Origin.Unclear.class)
        .extracting(Origin::shown)
        .isEqualTo("10.0.0.1");
    assertThat(refused("10.0.0.1", header, "denyFrom: [192.0.2.0/24]")).contains(403);
    assertThat(refused("10.0.0.1", header, "open: true")).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "192.0.2.1 | allowFrom: [192.0.2.0/24] | true",
        "192.0.3.1 | allowFrom: [192.0.2.0/24] | false",
        "192.0.3.1 | allowFrom: ['192.0.2.0/24', 192.0.3.1] | true",
        "192.0.2.9 | 'allowFrom: [192.0.2.0/24], denyFrom: [192.0.2.9]' | false",
        "192.0.2.8 | 'allowFrom: [192.0.2.0/24], denyFrom: [192.0.2.9]' | true",
        "192.0.2.8 | denyFrom: [192.0.2.8/29] | false",
        "192.0.2.16 | denyFrom: [192.0.2.8/29] | true",
        "2001:db8::1 | allowFrom: ['2001:db8::/32'] | true",
        "2001:db9::1 | allowFrom: ['2001:db8::/32'] | false",
        "2001:db8::1 | allowFrom: [0.0.0.0/0] | false",
        "::ffff:192.0.2.1 | denyFrom: [192.0.2.1] | false",
      })
  void whatIsDeniedIsDeniedEvenIfItIsAllowed(String peer, String rules, boolean may)
      throws Exception {
    assertThat(refused(peer, "", rules).isEmpty()).isEqualTo(may);
  }

  @Test
  void aProxyThatNamesNobodyIsNotPassedOverEither() throws Exception {
    assertThat(refused("10.0.0.1", "", "allowFrom: [10.0.0.0/8]")).contains(403);
    assertThat(refused("10.0.0.1", "", "open: true")).isEmpty();
    assertThat(refused("11.0.0.1", "", "allowFrom: [11.0.0.0/8]")).isEmpty();
  }

  @Test
  void aRefusalNamesTheAddress() throws Exception {
    var origin = origin("10.0.0.1", "198.51.100.7");

    assertThat(origin.refusal(addresses("allowFrom: [192.0.2.0/24]")))
        .contains(new Refusal(403, "Address 198.51.100.7 may not call this gateway"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "10.0.0.0/33",
        "10.0.0.1/8",
        "10.0.0.0/",
        "10.0.0.0/8x",
        "10.0.0.1/32,10.0.0.2",
        "0.0.0.0/-1",
        "10.0.0.0/0000008",
        "10.0.0/8",
        "example.com",
        "10.0.0.1-10.0.0.9",
        "fe80::1%eth0",
        "",
      })
  void anAddressThatIsNoneIsNamed(String text) {
    assertThatThrownBy(() -> addresses("denyFrom: ['192.0.2.1', '" + text + "']"))
        .isInstanceOf(ConfigException.class)
        .hasMessageStartingWith("access.denyFrom: " + text + " (expected: an address or a network");
  }

  private static Optional<Integer> refused(String peer, String header, String rules)
      throws Exception {
    return origin(peer, header).refusal(addresses(rules)).map(Refusal::status);
  }

  private static Origin origin(String peer, String header) throws Exception {
    return Origin.of(
        InetAddress.ofLiteral(peer),
        header.isEmpty() ? List.of() : List.of(header),
        addresses("trustedProxies: [10.0.0.0/8, '2001:db8:1::/48']").trustedProxies());
  }

  private static Addresses addresses(String yaml) throws ConfigException {
    return new ConfigFile(new Expansion(Map.<String, String>of()::get), Path.of("/nonexistent"))
        .access(Fields.of(Trees.yaml("test", "access: {" + yaml + "}"), ""))
        .addresses();
  }
}
