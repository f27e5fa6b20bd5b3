package dev.ash.gateway.server;

import dev.ash.gateway.config.GatewayConfig;
import dev.ash.gateway.config.GatewayConfig.Listen;
import dev.ash.gateway.config.GatewayConfig.Tls;
import dev.ash.gateway.config.Parts;
import java.util.Optional;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.ServerConnector;

/** The listener of the admin API, beside the one for callers. */
record AdminListener(ServerConnector connector, boolean secure) {
  private static final String NAME = "admin";

  /** Makes a connector for an address. */
  interface Maker {
    ServerConnector make(Listen listen);
  }

  /** Plain on this machine, and with the certificate of the other listener elsewhere. */
  static Optional<AdminListener> of(GatewayConfig config, Maker maker) {
    var at = config.admin().listen();
    if (at.isEmpty()) {
      return Optional.empty();
    }
    var host = at.get().host();
    var tls = Parts.isThisMachine(host) ? Optional.<Tls>empty() : config.listen().tls();
    var connector = maker.make(new Listen(host, at.get().port(), "", tls, Optional.empty()));
    connector.setName(NAME);
    return Optional.of(new AdminListener(connector, tls.isPresent()));
  }

  static boolean took(Request request) {
    return NAME.equals(request.getConnectionMetaData().getConnector().getName());
  }

  String url() {
    return (secure ? "https" : "http")
        + "://"
        + connector.getHost()
        + ":"
        + connector.getLocalPort();
  }
}
