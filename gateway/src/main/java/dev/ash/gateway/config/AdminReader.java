package dev.ash.gateway.config;

import dev.ash.gateway.config.GatewayConfig.Access;
import dev.ash.gateway.config.GatewayConfig.Admin;
import dev.ash.gateway.config.GatewayConfig.AdminListen;
import dev.ash.gateway.config.GatewayConfig.KeyStore;
import dev.ash.gateway.config.GatewayConfig.Listen;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/** The part of our format that says what operators are shown and where. */
final class AdminReader {
  private static final Pattern ADDRESS =
      Pattern.compile("(?<host>\\[[0-9a-fA-F:.]+\\]|[A-Za-z0-9._-]+):(?<port>[0-9]{1,5})");

  private AdminReader() {}

  static Admin read(Fields at, Access access, Listen callers) throws ConfigException {
    var pages = at.flag("pages", true);
    var listen = Optional.<AdminListen>empty();
    var open = at.flag("open", false);
    var text = at.text("listen");
    if (text.isPresent()) {
      listen = Optional.of(listen(at.path("listen"), text.get(), open));
      mustBeSafe(at, listen.get(), access, callers);
    } else if (open) {
      throw new ConfigException(at.path("open"), true, "admin.listen, which it is about");
    }
    at.nothingElse();
    return new Admin(pages, listen);
  }

  private static AdminListen listen(String where, String text, boolean open)
      throws ConfigException {
    var match = ADDRESS.matcher(text);
    if (!match.matches() || Integer.parseInt(match.group("port")) > 65_535) {
      throw new ConfigException(where, text, "HOST:PORT such as 127.0.0.1:8001");
    }
    return new AdminListen(match.group("host"), Integer.parseInt(match.group("port")), open);
  }

  private static void mustBeSafe(Fields at, AdminListen listen, Access access, Listen callers)
      throws ConfigException {
    if (access.keyStore().isEmpty()) {
      throw new ConfigException(
          at.path("listen"), "without keyStore", "keyStore, where consumers and keys are kept");
    }
    var administrators = access.keyStore().map(KeyStore::administrators).orElse(List.of());
    if (!listen.open() && administrators.isEmpty()) {
      throw new ConfigException(
          at.path("listen"),
          "without keyStore.administrators",
          "somebody who may use it, or admin.open: true");
    }
    if (Parts.isThisMachine(listen.host())) {
      return;
    }
    if (listen.open()) {
      throw new ConfigException(
          at.path("open"), true, "a listener that only this machine reaches, such as 127.0.0.1");
    }
    if (callers.tls().isEmpty()) {
      throw new ConfigException(
          at.path("listen"),
          listen.host(),
          "an address of this machine such as 127.0.0.1; others need listen.tls, whose certificate"
              + " it has too");
    }
  }
}
