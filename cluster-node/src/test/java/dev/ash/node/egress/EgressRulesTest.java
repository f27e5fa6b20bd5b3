package dev.ash.node.egress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ash.config.EgressConfig.Mode;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a sandbox may reach, and every way to write it otherwise. */
final class EgressRulesTest {

  @ParameterizedTest
  @ValueSource(
      strings = {
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "127.1",
        "127.0.1",
        "0177.0.0.1",
        "127.0.0.01",
        "127.0.0.0x1",
        "256.0.0.1",
        "1.2.3.4.5",
        "00.0.0.0",
        "0x",
        "example.1",
        "127.0.0.1..",
        "[fe80::1%eth0]",
        "[fe80::1%25eth0]",
        "[::1",
        "::1",
        "[]",
        "[127.0.0.1]",
        "[1::2::3]",
        "user@example.org",
        "user:pass@example.org",
        "exa mple.org",
        "example.org/",
        "",
        ".",
        "a..b",
        "-a.org",
        "a-.org",
        "example.org#",
        "exämple.org",
        "１２７.0.0.1",
        "*.org",
        "a\u0000b",
        "a\nb",
        "%31.org",
        "example.org\\@evil"
      })
  void aHostOfAnotherSpellingIsNotRead(String text) {
    assertThatThrownBy(() -> Host.parse(text)).isInstanceOf(UnreadableException.class);
  }

  @ParameterizedTest
  @CsvSource({
    "EXAMPLE.Org, example.org",
    "example.org., example.org",
    "127.0.0.1, 127.0.0.1",
    "127.0.0.1., 127.0.0.1",
    "[::1], [0:0:0:0:0:0:0:1]",
    "[::FFFF:127.0.0.1], 127.0.0.1",
    "[::ffff:7f00:1], 127.0.0.1",
    "xn--exmple-cua.org, xn--exmple-cua.org",
    "mcp_server, mcp_server",
    "4chan.org, 4chan.org",
  })
  void aHostHasOneSpelling(String text, String spelling) throws UnreadableException {
    assertThat(Host.parse(text)).hasToString(spelling);
  }

  @ParameterizedTest
  @ValueSource(strings = {"host", "host:", "host:0", "host:65536", "host:80:80", "host:+80", ":80"})
  void aTargetNamesAPort(String text) {
    assertThatThrownBy(() -> Target.parse(text, 0)).isInstanceOf(UnreadableException.class);
  }

  @ParameterizedTest
  @CsvSource({
    "1.1.1.1,PUBLIC",
    "2606:4700::1111,PUBLIC",
    "172.32.0.1,PUBLIC",
    "100.128.0.1,PUBLIC",
    "10.0.0.1,PRIVATE",
    "172.16.0.1,PRIVATE",
    "172.31.255.255,PRIVATE",
    "192.168.1.1,PRIVATE",
    "127.0.0.1,PRIVATE",
    "127.255.0.1,PRIVATE",
    "100.64.0.1,PRIVATE",
    "::1,PRIVATE",
    "fd12::1,PRIVATE",
    "::ffff:10.0.0.1,PRIVATE",
    "0.0.0.0,RESERVED",
    "169.254.1.1,RESERVED",
    "224.0.0.1,RESERVED",
    "255.255.255.255,RESERVED",
    "240.0.0.1,RESERVED",
    "198.18.0.1,RESERVED",
    "192.0.2.1,RESERVED",
    "::,RESERVED",
    "fe80::1,RESERVED",
    "fec0::1,RESERVED",
    "ff02::1,RESERVED",
    "64:ff9b::1.1.1.1,RESERVED",
    "64:ff9b::127.0.0.1,RESERVED",
    "2002:7f00:1::1,RESERVED",
    "2001::1,RESERVED",
    "2001:db8::1,RESERVED",
    "::127.0.0.1,RESERVED",
    "4000::1,RESERVED",
    "169.254.169.254,METADATA",
    "::ffff:169.254.169.254,METADATA",
    "fd00:ec2::254,METADATA",
    "169.254.170.2,METADATA",
    "100.100.100.200,METADATA",
    "64:ff9b::169.254.169.254,METADATA",
    "64:ff9b:1::169.254.169.254,METADATA",
    "2002:a9fe:a9fe::1,METADATA",
    "::169.254.169.254,METADATA",
  })
  void anAddressIsOfOneKind(String address, AddressKind kind) {
    assertThat(AddressKind.of(InetAddress.ofLiteral(address))).isEqualTo(kind);
  }

  @Test
  void theKindsAreThoseOfTheJdkWhereItKnowsThem() throws UnknownHostException {
    var random = new SplittableRandom(7);
    for (var i = 0; i < 200_000; i++) {
      var bytes = new byte[random.nextInt(4) == 0 ? 16 : 4];
      random.nextBytes(bytes);
      var address = InetAddress.getByAddress(bytes);
      if (address.isLoopbackAddress()
          || address.isSiteLocalAddress()
          || address.isLinkLocalAddress()
          || address.isMulticastAddress()
          || address.isAnyLocalAddress()) {
        assertThat(AddressKind.of(address)).as("%s", address).isNotEqualTo(AddressKind.PUBLIC);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "*",
        "*:443",
        "*.",
        "*.*.org",
        "a.*",
        "http://example.org",
        "example.org/path",
        "example.org:0",
        "example.org:70000",
        "example.org:x",
        "0.0.0.0/0",
        "10.0.0.0/7",
        "10.0.0.0/33",
        "[::]/0",
        "[::/0]",
        "10.1.2.3=private",
        "*.10.1.2.3",
        "::1",
        "10.1",
        "example.org=public",
        "[fd00::]/8]:1"
      })
  void anEntryThatIsNoneIsSaid(String text) {
    assertThatThrownBy(() -> AllowList.parse("fine.org, " + text))
        .isInstanceOf(UnreadableException.class)
        .hasMessageContaining("expected: ");
  }

  @ParameterizedTest
  @CsvSource({
    "example.org, example.org:443, true",
    "example.org, example.org:80, true",
    "example.org, example.org:8080, false",
    "example.org:8080, example.org:8080, true",
    "example.org:8080, example.org:443, false",
    "example.org, www.example.org:443, false",
    "example.org, example.org.evil:443, false",
    "*.example.org, www.example.org:443, true",
    "*.example.org, a.b.example.org:443, true",
    "*.example.org, example.org:443, false",
    "*.example.org, evilexample.org:443, false",
    "EXAMPLE.ORG., example.org:443, true",
    "exämple.org, xn--exmple-cua.org:443, true",
    "10.1.0.0/16:8080, 10.1.255.1:8080, true",
    "10.1.0.0/16:8080, 10.2.0.1:8080, false",
    "10.1.0.0/16:8080, 10.1.0.1:443, false",
    "10.1.2.3:8080, 10.1.2.3:8080, true",
    "10.1.2.3:8080, [::ffff:10.1.2.3]:8080, true",
    "[fd12::/16]:443, [fd12:3::1]:443, true",
    "[fd12::1]:443, [fd12::2]:443, false",
  })
  void restrictedIsWhatIsListed(String list, String target, boolean reached)
      throws UnreadableException {
    var rules = rules(Mode.RESTRICTED, list);
    assertThat(rules.refusal(target(target)).isEmpty()).isEqualTo(reached);
    assertThat(rules(Mode.NONE, list).refusal(target(target))).isPresent();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "169.254.169.254:80", "[fd00:ec2::254]:80", "metadata.google.internal:80",
        "METADATA.google.internal.:80", "[::ffff:a9fe:a9fe]:80", "[64:ff9b::a9fe:a9fe]:80"
      })
  void metadataIsNeverReachedAlsoWhenListed(String target) throws UnreadableException {
    var listed = "169.254.0.0/16,[fd00::/8],metadata.google.internal=private,[64:ff9b::/96]";
    assertThat(rules(Mode.FULL, listed).refusal(target(target)))
        .hasValueSatisfying(why -> assertThat(why).contains("metadata"));
    assertThat(rules(Mode.RESTRICTED, listed).refusal(target(target))).isPresent();
  }

  @Test
  void aNameThatLeadsToMetadataIsNotDialled() throws UnreadableException {
    var rules = rules(Mode.FULL, "evil.org=private,169.254.0.0/16");
    assertThat(rules.refusal(target("evil.org:80"))).isEmpty();
    assertThat(dial(rules, "evil.org:80", "169.254.169.254")).isPresent();
    assertThat(dial(rules, "evil.org:80", "64:ff9b::169.254.169.254")).isPresent();
  }

  @Test
  void aPrivateAddressIsReachedOnlyWhenItIsListedSo() throws UnreadableException {
    for (var mode : List.of(Mode.RESTRICTED, Mode.FULL)) {
      assertThat(dial(rules(mode, "mcp:80"), "mcp:80", "10.0.0.1"))
          .hasValueSatisfying(why -> assertThat(why).contains("mcp:80=private"));
      assertThat(dial(rules(mode, "mcp:80=private"), "mcp:80", "10.0.0.1")).isEmpty();
      assertThat(dial(rules(mode, "mcp:80=private"), "mcp:80", "127.0.0.1")).isEmpty();
      assertThat(dial(rules(mode, "mcp:80,10.0.0.0/8:80"), "mcp:80", "10.0.0.1")).isEmpty();
      assertThat(dial(rules(mode, "mcp:80=private"), "mcp:80", "169.254.1.1")).isPresent();
      assertThat(dial(rules(mode, "mcp:80=private"), "mcp:80", "fe80::1")).isPresent();
      assertThat(dial(rules(mode, "mcp:80"), "mcp:80", "1.1.1.1")).isEmpty();
    }
    assertThat(rules(Mode.FULL, "").refusal(target("10.0.0.1:80"))).isEmpty();
    assertThat(dial(rules(Mode.FULL, ""), "10.0.0.1:80", "10.0.0.1")).isPresent();
    assertThat(dial(rules(Mode.FULL, "10.0.0.1:80"), "10.0.0.1:80", "10.0.0.1")).isEmpty();
    assertThat(dial(rules(Mode.FULL, "10.0.0.1:80"), "10.0.0.1:81", "10.0.0.1")).isPresent();
  }

  @Test
  void theNodesOwnPublicAddressIsNotTheInternet() throws UnreadableException {
    var target = target("self.example.org:443");
    var address = InetAddress.ofLiteral("1.1.1.1");
    assertThat(rules(Mode.FULL, "").refusal(target, address, true)).isPresent();
    assertThat(rules(Mode.FULL, "1.1.1.1").refusal(target, address, true)).isEmpty();
    assertThat(rules(Mode.FULL, "self.example.org=private").refusal(target, address, true))
        .isEmpty();
  }

  @Test
  void agentAndSessionOnlyNarrow() throws UnreadableException {
    var operator = "a.org,b.org,c.org";
    var rules = rules(Mode.RESTRICTED, operator, "a.org b.org evil.org", "b.org,c.org,evil.org");
    assertThat(rules.refusal(target("b.org:443"))).isEmpty();
    assertThat(rules.refusal(target("a.org:443")))
        .hasValueSatisfying(why -> assertThat(why).contains("the session does not list it"));
    assertThat(rules.refusal(target("c.org:443"))).isPresent();
    assertThat(rules.refusal(target("evil.org:443")))
        .hasValueSatisfying(why -> assertThat(why).contains("operator does not list it"));
    assertThat(rules(Mode.RESTRICTED, operator, "").refusal(target("a.org:443"))).isPresent();

    var full = rules(Mode.FULL, "", "a.org,10.0.0.0/8,inside=private");
    assertThat(full.refusal(target("a.org:443"))).isEmpty();
    assertThat(full.refusal(target("b.org:443"))).isPresent();
    assertThat(dial(full, "10.0.0.1:80", "10.0.0.1")).as("what an agent lists").isPresent();
    assertThat(dial(full, "inside:80", "10.0.0.1")).as("what an agent lists").isPresent();
  }

  private static Optional<String> dial(EgressRules rules, String target, String address)
      throws UnreadableException {
    return rules.refusal(target(target), InetAddress.ofLiteral(address), false);
  }

  private static Target target(String text) throws UnreadableException {
    return Target.parse(text, 0);
  }

  private static EgressRules rules(Mode mode, String operator, String... wanted)
      throws UnreadableException {
    var lists = new java.util.ArrayList<AllowList>();
    for (var list : wanted) {
      lists.add(AllowList.parse(list));
    }
    return new EgressRules(mode, AllowList.parse(operator), lists);
  }
}
