package dev.ash.gateway.server;

import dev.ash.gateway.config.GatewayConfig.Addresses;
import dev.ash.gateway.config.Networks;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.eclipse.jetty.server.Request;

/**
 * Where a request comes from: whoever connected, or whom a trusted proxy names. Each proxy adds to
 * the right of {@code X-Forwarded-For} whom it was called by, so only what stands right of the
 * first stranger was written by somebody who is believed.
 */
sealed interface Origin {
  record Known(InetAddress address) implements Origin {}

  /** A proxy that is believed named nobody, or something that is no address. */
  record Unclear(InetAddress proxy, String said) implements Origin {}

  /** Whoever connected has gone already. */
  record Gone() implements Origin {}

  Pattern WITH_PORT = Pattern.compile("\\[([^\\]]*)](?::\\d{1,5})?|([0-9.]+):\\d{1,5}");

  static Origin of(Request request, Networks trusted) {
    return request.getConnectionMetaData().getRemoteSocketAddress()
            instanceof InetSocketAddress peer
        ? of(peer.getAddress(), request.getHeaders().getValuesList("x-forwarded-for"), trusted)
        : new Gone();
  }

  /**
   * Who a request comes from.
   *
   * @param forwarded every value of the header, in the order in which they came
   */
  static Origin of(InetAddress peer, List<String> forwarded, Networks trusted) {
    var named = new ArrayList<String>();
    for (var value : forwarded) {
      named.addAll(List.of(value.split(",", -1)));
    }
    // Whoever gets through a proxy that names nobody would have the proxy's own address.
    if (named.isEmpty() && trusted.contains(peer)) {
      return new Unclear(peer, "");
    }
    var from = peer;
    while (trusted.contains(from) && !named.isEmpty()) {
      var text = named.removeLast().strip();
      var withPort = WITH_PORT.matcher(text);
      var bare =
          !withPort.matches()
              ? text
              : Optional.ofNullable(withPort.group(1)).orElseGet(() -> withPort.group(2));
      try {
        from = Networks.address(bare);
      } catch (IllegalArgumentException _) {
        return new Unclear(from, text);
      }
    }
    return new Known(from);
  }

  /** What is written down and counted by. */
  default String shown() {
    return switch (this) {
      case Known(var address) -> address.getHostAddress();
      case Unclear(var proxy, _) -> proxy.getHostAddress();
      case Gone() -> "unknown";
    };
  }

  /** Why it may not call; empty when it may. */
  default Optional<Refusal> refusal(Addresses rules) {
    if (rules.allowFrom().isEmpty() && rules.denyFrom().isEmpty()) {
      return Optional.empty();
    }
    return switch (this) {
      case Unclear(var proxy, _) ->
          Optional.of(
              new Refusal(
                  403,
                  "The proxy "
                      + proxy.getHostAddress()
                      + " does not say which address this comes from (X-Forwarded-For)"));
      case Gone() -> Optional.of(new Refusal(403, "The caller's address is not known"));
      case Known(var address) ->
          rules.denyFrom().contains(address)
                  || !(rules.allowFrom().isEmpty() || rules.allowFrom().contains(address))
              ? Optional.of(new Refusal(403, "Address " + shown() + " may not call this gateway"))
              : Optional.empty();
    };
  }
}
