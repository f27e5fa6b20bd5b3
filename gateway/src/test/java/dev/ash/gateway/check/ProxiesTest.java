package dev.ash.gateway.check;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ProxiesTest {
  @Test
  void takesTheVariableOfTheScheme() {
    var proxies = proxies(Map.of("HTTPS_PROXY", "http://s:3128", "HTTP_PROXY", "p"));

    assertThat(proxies.of(URI.create("https://gw.example")).orElseThrow().host()).isEqualTo("s");
    assertThat(proxies.of(URI.create("http://gw.example")).orElseThrow())
        .extracting(Proxies.Via::host, Proxies.Via::port)
        .containsExactly("p", 80);
    assertThat(proxies(Map.of()).of(URI.create("https://gw.example"))).isEmpty();
  }

  @Test
  void letsSmallLettersWin() {
    var proxies = proxies(Map.of("HTTPS_PROXY", "big:1", "https_proxy", "small:1"));

    assertThat(proxies.of(URI.create("https://gw.example")).orElseThrow().host())
        .isEqualTo("small");
  }

  @ParameterizedTest
  @CsvSource({
    "*, https://gw.example.com, true",
    "example.com, https://gw.example.com, true",
    ".example.com, https://gw.example.com, true",
    "*.example.com, https://gw.example.com, true",
    "EXAMPLE.com, https://gw.example.COM, true",
    "ample.com, https://gw.example.com, false",
    "gw.example.com:8443, https://gw.example.com:8443, true",
    "gw.example.com:443, https://gw.example.com, true",
    "gw.example.com:8443, https://gw.example.com, false",
    "other.com gw.example.com, https://gw.example.com, true",
    "10.0.0.1, http://10.0.0.1:80, true",
    "0.0.1, http://10.0.0.1, false",
    "fd00::7, http://[fd00::7]:4000, true",
    "[fd00::7], http://[fd00::7]:4000, true",
    "'', https://gw.example.com, false",
    "'', http://localhost:8080, true",
    "'', http://127.0.0.1:8080, true",
    "'', http://[::1]:8080, true",
    "'', http://127.example.com, false",
  })
  void knowsWhatToReachDirectly(String direct, URI url, boolean expected) {
    var proxies = proxies(Map.of("HTTPS_PROXY", "p:1", "HTTP_PROXY", "p:1", "NO_PROXY", direct));

    assertThat(proxies.of(url).isEmpty()).isEqualTo(expected);
  }

  private static Proxies proxies(Map<String, String> environment) {
    return Proxies.of(name -> environment.getOrDefault(name, ""));
  }
}
