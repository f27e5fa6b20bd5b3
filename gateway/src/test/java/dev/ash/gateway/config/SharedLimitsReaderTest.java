package dev.ash.gateway.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ash.gateway.config.SharedLimits.OnFailure;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class SharedLimitsReaderTest {
  private static final String PASSWORD = "canary-redis-password";

  @TempDir Path folder;

  @Test
  void anAddressIsEnough() throws Exception {
    var shared = read("url: redis://redis.example");

    assertThat(shared.address()).isEqualTo("redis://redis.example:6379/0");
    assertThat(shared.timeout()).isEqualTo(Duration.ofMillis(250));
    assertThat(shared.keyPrefix()).isEqualTo("ash:limits:");
    assertThat(shared.onFailure()).isEqualTo(OnFailure.LOCAL);
    assertThat(shared.login()).isEmpty();
    assertThat(shared.tls()).isEmpty();
  }

  @Test
  void everythingCanBeSaidAndTheSecretIsNotShown() throws Exception {
    var file = Files.writeString(folder.resolve("password"), PASSWORD + "\n");
    for (var password : new String[] {"${REDIS_PASSWORD}", "${file:" + file + "}"}) {
      var shared =
          read(
              """
              url: rediss://[::1]:7000/3
              username: gateway
              password: '%s'
              authorities: ca.pem
              certificate: own.pem
              key: own.key
              keyPrefix: gw
              timeout: 40ms
              onFailure: closed
              """
                  .formatted(password));

      assertThat(shared.address()).isEqualTo("rediss://[::1]:7000/3");
      assertThat(shared.host()).isEqualTo("::1");
      assertThat(shared.login().orElseThrow().user()).contains("gateway");
      assertThat(shared.login().orElseThrow().password().reveal()).isEqualTo(PASSWORD);
      assertThat(shared.tls().orElseThrow().authorities()).contains(folder.resolve("ca.pem"));
      assertThat(shared.tls().orElseThrow().identity()).isPresent();
      assertThat(shared.onFailure()).isEqualTo(OnFailure.CLOSED);
      assertThat(shared.toString()).doesNotContain("canary");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://redis",
        "redis:6379",
        "redis://",
        "redis://a:99999",
        "redis://a:0",
        "redis://a/x",
        "redis://a/0/1",
        "redis://a?b=c",
        "redis://a b"
      })
  void refusesWhatIsNoAddressOfARedis(String url) {
    assertThatThrownBy(() -> read("url: '" + url + "'"))
        .isInstanceOf(ConfigException.class)
        .hasMessage(
            "limits.shared.url: "
                + url
                + " (expected: redis:// or rediss:// (TLS), a host, and perhaps a port and"
                + " /database)");
  }

  @ParameterizedTest
  @ValueSource(strings = {"redis://u:canary@a", "rediss://canary@a", "redis://u:canary@a b"})
  void refusesAPasswordInTheAddressAndDoesNotRepeatIt(String url) {
    assertThatThrownBy(() -> read("url: '" + url + "'"))
        .isInstanceOf(ConfigException.class)
        .hasMessage(
            "limits.shared.url: *** (expected: no user and password in it: they are"
                + " limits.shared.username and .password)");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "timeout: 5ms | limits.shared.timeout: 5ms (expected: from 10ms to 5s",
        "timeout: 6s | limits.shared.timeout: 6s (expected: from 10ms to 5s",
        "onFailure: fail | limits.shared.onFailure: fail (expected: local, open or closed)",
        "keyPrefix: 'a b' | limits.shared.keyPrefix: a b (expected: 1 to 64 letters",
        "keyPrefix: '{a}' | limits.shared.keyPrefix: {a} (expected: 1 to 64 letters",
        "username: a | limits.shared.password: missing (expected: the password of a)",
        "password: '' | limits.shared.password: empty (expected: a password",
        "password: '${NOBODY}' | limits.shared.password: ${NOBODY} (expected: a variable that is set",
        "authorities: a | limits.shared.url: redis://a (expected: rediss:// with authorities",
        "key: a | limits.shared.certificate: missing (expected: a PEM file)",
        "onfailure: local | limits.shared.onfailure: unknown (expected: url, authorities"
      })
  void saysWhatIsWrongAndWhatIsExpected(String line, String message) {
    assertThatThrownBy(() -> read("url: redis://a\n" + line))
        .isInstanceOf(ConfigException.class)
        .hasMessageStartingWith(message);
  }

  private SharedLimits read(String shared) throws ConfigException {
    var yaml =
        "upstreams: [{name: a, url: 'https://a.example'}]\nlimits:\n  shared:\n"
            + shared.strip().indent(4);
    return new ConfigFile(new Expansion(Map.of("REDIS_PASSWORD", PASSWORD)::get), folder)
        .read(Trees.yaml("test", yaml))
        .limits()
        .shared()
        .orElseThrow();
  }
}
