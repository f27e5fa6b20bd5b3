package dev.ash.gateway.check;

import dev.ash.gateway.config.Parts;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.SocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * Which HTTP proxy a request goes through, by {@code HTTPS_PROXY}, {@code HTTP_PROXY} and {@code
 * NO_PROXY}, in small letters too. For https addresses the proxy makes a tunnel ({@code CONNECT})
 * and sees neither token nor text. This machine itself is never reached through a proxy, for which
 * its names mean another one.
 */
public final class Proxies extends ProxySelector {
  /**
   * A proxy.
   *
   * @param authorization what it wants in {@code Proxy-Authorization}
   */
  record Via(String variable, String host, int port, Optional<String> authorization) {
    InetSocketAddress address() {
      return new InetSocketAddress(host, port);
    }
  }

  private final Optional<Via> https;
  private final Optional<Via> http;
  private final List<String> direct;

  private Proxies(Optional<Via> https, Optional<Via> http, List<String> direct) {
    this.https = https;
    this.http = http;
    this.direct = List.copyOf(direct);
  }

  /** As the environment says; an empty variable is as good as none. */
  public static Proxies of(UnaryOperator<String> environment) {
    return new Proxies(
        via("HTTPS_PROXY", environment),
        via("HTTP_PROXY", environment),
        Arrays.stream(value("NO_PROXY", environment).split("[,\\s]+"))
            .filter(entry -> !entry.isEmpty())
            .map(entry -> entry.toLowerCase(Locale.ROOT))
            .toList());
  }

  private static String value(String name, UnaryOperator<String> environment) {
    var small = environment.apply(name.toLowerCase(Locale.ROOT));
    return small.isEmpty() ? environment.apply(name) : small;
  }

  private static Optional<Via> via(String name, UnaryOperator<String> environment) {
    var text = value(name, environment);
    if (text.isEmpty()) {
      return Optional.empty();
    }
    try {
      var url = URI.create(text.contains("://") ? text : "http://" + text);
      if ("http".equals(url.getScheme()) && url.getHost() != null) {
        return Optional.of(
            new Via(
                name,
                url.getHost(),
                url.getPort() < 0 ? 80 : url.getPort(),
                Optional.ofNullable(url.getUserInfo()).map(Proxies::basic)));
      }
    } catch (IllegalArgumentException _) {
      // Told below, without the text: a password may be in it.
    }
    throw new IllegalArgumentException(
        name + ": *** (expected: http://HOST:PORT or http://USER:PASSWORD@HOST:PORT)");
  }

  private static String basic(String userAndPassword) {
    return "Basic "
        + Base64.getEncoder().encodeToString(userAndPassword.getBytes(StandardCharsets.UTF_8));
  }

  /** The proxy of a request to this address. */
  Optional<Via> of(URI url) {
    var host = url.getHost().toLowerCase(Locale.ROOT).replaceAll("[\\[\\]]", "");
    var port = port(url);
    return own(host) || direct.stream().anyMatch(entry -> matches(entry, host, port))
        ? Optional.empty()
        : isSecure(url) ? https : http;
  }

  /** The port of an address, which need not name the usual one. */
  static int port(URI url) {
    return url.getPort() >= 0 ? url.getPort() : isSecure(url) ? 443 : 80;
  }

  private static boolean isSecure(URI url) {
    return "https".equals(url.getScheme());
  }

  /** {@code *}, a name with all below it, an address; each may name a port. */
  private static boolean matches(String entry, String host, int port) {
    if (entry.equals("*")) {
      return true;
    }
    var name = entry;
    var colon = entry.lastIndexOf(':');
    if (colon > 0 && entry.indexOf(':') == colon) {
      if (!entry.substring(colon + 1).equals(Integer.toString(port))) {
        return false;
      }
      name = entry.substring(0, colon);
    }
    name = name.replaceFirst("^\\*?\\.", "").replaceAll("[\\[\\]]", "");
    return host.equals(name) || (host.endsWith("." + name) && !address(host));
  }

  /** Names below localhost as well, which other programs do not ask a proxy for either. */
  private static boolean own(String host) {
    return Parts.isThisMachine(host) || host.endsWith(".localhost");
  }

  private static boolean address(String host) {
    return host.matches("[0-9.]+");
  }

  @Override
  public List<Proxy> select(URI url) {
    return List.of(
        of(url).map(via -> new Proxy(Proxy.Type.HTTP, via.address())).orElse(Proxy.NO_PROXY));
  }

  @Override
  public void connectFailed(URI url, SocketAddress address, IOException why) {
    // The request fails by itself, and its tool says so.
  }
}
