package dev.ash.gateway.config;

import com.fasterxml.jackson.databind.JsonNode;
import dev.ash.config.ProviderConfig;
import dev.ash.gateway.config.GatewayConfig.Access;
import dev.ash.gateway.config.GatewayConfig.Audit;
import dev.ash.gateway.config.GatewayConfig.Credential;
import dev.ash.gateway.config.GatewayConfig.HeaderMatch;
import dev.ash.gateway.config.GatewayConfig.HeaderRule;
import dev.ash.gateway.config.GatewayConfig.HeaderValue;
import dev.ash.gateway.config.GatewayConfig.Limits;
import dev.ash.gateway.config.GatewayConfig.Listen;
import dev.ash.gateway.config.GatewayConfig.Route;
import dev.ash.gateway.config.GatewayConfig.Timeouts;
import dev.ash.gateway.config.GatewayConfig.Tls;
import dev.ash.gateway.config.GatewayConfig.Upstream;
import dev.ash.gateway.tls.Pem;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Our own YAML. An unknown field is an error: a mistyped limit must not be no limit. */
public final class ConfigFile {
  private static final int MIN_AUDIT_KEY = 16;

  private final Expansion expansion;
  private final Path folder;

  /**
   * @param folder what relative paths in the file start from
   */
  public ConfigFile(Expansion expansion, Path folder) {
    this.expansion = expansion;
    this.folder = folder;
  }

  public GatewayConfig read(JsonNode tree) throws ConfigException {
    var root = Fields.of(tree, "");
    var upstreams = upstreams(root);
    var listen = listen(root);
    var access = access(root);
    var config =
        new GatewayConfig(
            listen,
            upstreams,
            routes(root, upstreams),
            access,
            headers(root.at("headers")),
            limits(root.at("limits")),
            timeouts(root.at("timeouts")),
            audit(root.at("audit")),
            PriceReader.read(root.each("prices")),
            AdminReader.read(root.at("admin"), access, listen));
    root.nothingElse();
    return config;
  }

  /** The part of a file that says who may call; other formats borrow it. */
  public Access access(Fields root) throws ConfigException {
    return new AccessReader(expansion, folder).read(root);
  }

  /** The part of a file that says where a gateway listens. */
  public Listen listen(Fields root) throws ConfigException {
    var at = root.at("listen");
    var tls =
        at.has("tls")
            ? Optional.of(new TlsReader(this::file).read(at.at("tls")))
            : Optional.<Tls>empty();
    var base = at.text("basePath").orElse("").replaceFirst("/+$", "");
    if (!base.matches("(/[A-Za-z0-9._~-]+)*")) {
      throw new ConfigException(at.path("basePath"), base, "a path such as /anthropic");
    }
    var listen =
        new Listen(
            at.text("host").orElse("127.0.0.1"),
            at.number("port", 0, 65_535).orElse(0),
            base,
            tls,
            at.has("publicUrl")
                ? Optional.of(Parts.url(at.path("publicUrl"), at.need("publicUrl", "an address")))
                : Optional.empty());
    at.nothingElse();
    return listen;
  }

  private List<Upstream> upstreams(Fields root) throws ConfigException {
    var list = new ArrayList<Upstream>();
    for (var at : root.each("upstreams")) {
      var credential = Optional.<Credential>empty();
      if (at.has("credential")) {
        var fields = at.at("credential");
        credential =
            Optional.of(
                new Credential(
                    Parts.settable(
                        fields.path("header"), fields.text("header").orElse("x-api-key")),
                    secret(fields.path("value"), fields.need("value", "the provider's key"))));
        fields.nothingElse();
      }
      var headers = new LinkedHashMap<String, String>();
      for (var entry : at.map("headers").entrySet()) {
        var where = at.path("headers") + "." + entry.getKey();
        headers.put(
            Parts.settable(where, entry.getKey()),
            Parts.headerValue(where, expansion.expand(where, entry.getValue())));
      }
      var identity = Optional.<Pem.Identity>empty();
      if (at.has("certificate")) {
        identity =
            Optional.of(
                new Pem.Identity(
                    file(at.need("certificate", "a PEM file")),
                    file(at.need("key", "a PEM file"))));
      }
      var vertex = VertexReader.read(at, folder);
      if (vertex.isPresent() && credential.isPresent()) {
        throw new ConfigException(
            at.path("credential"),
            "***",
            "none beside vertex: Google gives the gateway its tokens");
      }
      list.add(
          new Upstream(
              at.need("name", "a name"),
              Parts.url(at.path("url"), address(at, vertex)),
              credential,
              headers,
              at.text("authorities").map(this::file),
              identity,
              vertex));
      at.nothingElse();
    }
    if (list.isEmpty()) {
      throw new ConfigException("upstreams", "none", "at least one with name and url");
    }
    return list;
  }

  private String address(Fields at, Optional<ProviderConfig.Vertex> vertex) throws ConfigException {
    return vertex.isPresent() && !at.has("url")
        ? vertex.get().usualUrl().toString()
        : expansion.expand(at.path("url"), at.need("url", "the provider's address"));
  }

  private static List<Route> routes(Fields root, List<Upstream> upstreams) throws ConfigException {
    var names = upstreams.stream().map(Upstream::name).toList();
    var routes = new ArrayList<Route>();
    for (var at : root.each("routes")) {
      var header = Optional.<HeaderMatch>empty();
      if (at.has("header")) {
        var fields = at.at("header");
        header =
            Optional.of(
                new HeaderMatch(
                    fields.need("name", "a header name").toLowerCase(Locale.ROOT),
                    fields.need("value", "its value")));
        fields.nothingElse();
      }
      var route = new Route(header, at.text("model"), at.texts("upstreams"));
      at.nothingElse();
      if (route.upstreams().isEmpty() || !names.containsAll(route.upstreams())) {
        throw new ConfigException(
            at.path("upstreams"), route.upstreams(), "names of " + String.join(", ", names));
      }
      routes.add(route);
    }
    return routes.isEmpty()
        ? List.of(new Route(Optional.empty(), Optional.empty(), names))
        : routes;
  }

  private List<HeaderRule> headers(Fields at) throws ConfigException {
    var rules = new ArrayList<HeaderRule>();
    if (!at.has("default")) {
      rules.addAll(Parts.defaultHeaders());
    }
    for (var action : List.of(HeaderRule.Action.DEFAULT, HeaderRule.Action.SET)) {
      var name = action.name().toLowerCase(Locale.ROOT);
      for (var entry : at.map(name).entrySet()) {
        var where = at.path(name) + "." + entry.getKey();
        rules.add(
            Parts.setting(
                where, action, entry.getKey(), expansion.expand(where, entry.getValue())));
      }
    }
    for (var entry : at.map("copy").entrySet()) {
      var where = at.path("copy") + "." + entry.getKey();
      rules.add(
          new HeaderRule(
              HeaderRule.Action.SET,
              Parts.settable(where, entry.getKey()),
              new HeaderValue.FromRequest(Parts.headerName(where, entry.getValue()))));
    }
    for (var name : at.texts("remove")) {
      rules.add(Parts.removing(Parts.headerName(at.path("remove"), name)));
    }
    at.nothingElse();
    return rules;
  }

  private Limits limits(Fields at) throws ConfigException {
    var usual = Parts.limits();
    var token = at.text("metricsToken");
    var limits =
        new Limits(
            at.number("requestBytes", 1_024, 256 << 20).orElse(usual.requestBytes()),
            at.number("concurrent", 1, 100_000).orElse(usual.concurrent()),
            at.number("badKeysPerMinute", 1, 10_000).orElse(usual.badKeysPerMinute()),
            at.flag("countTokens", usual.countTokens()),
            token.isPresent()
                ? Optional.of(secret(at.path("metricsToken"), token.get()))
                : Optional.empty(),
            new SharedLimitsReader(expansion, folder).read(at));
    at.nothingElse();
    return limits;
  }

  private static Timeouts timeouts(Fields at) throws ConfigException {
    var usual = Parts.timeouts();
    var timeouts =
        new Timeouts(
            time(at, "connect", usual.connect()),
            time(at, "firstByte", usual.firstByte()),
            time(at, "silence", usual.silence()),
            time(at, "idle", usual.idle()));
    at.nothingElse();
    return timeouts;
  }

  private static Duration time(Fields at, String name, Duration otherwise) throws ConfigException {
    var text = at.text(name);
    return text.isPresent() ? Parts.duration(at.path(name), text.get()) : otherwise;
  }

  private Audit audit(Fields at) throws ConfigException {
    var key = Optional.<Secret>empty();
    if (at.has("key")) {
      key = Optional.of(auditKey(at.path("key"), at.need("key", "a secret of the gateway's")));
    }
    var audit = new Audit(at.text("file").map(this::file), key, onFailure(at));
    at.nothingElse();
    return audit;
  }

  private Secret auditKey(String where, String text) throws ConfigException {
    var key = secret(where, text);
    if (key.reveal().length() < MIN_AUDIT_KEY) {
      throw new ConfigException(
          where, "***", "at least " + MIN_AUDIT_KEY + " characters: a short one can be guessed");
    }
    return key;
  }

  private static Audit.OnFailure onFailure(Fields at) throws ConfigException {
    var text = at.text("onFailure").orElse("continue");
    return switch (text) {
      case "continue" -> Audit.OnFailure.CONTINUE;
      case "refuse" -> Audit.OnFailure.REFUSE;
      default -> throw new ConfigException(at.path("onFailure"), text, "refuse or continue");
    };
  }

  private Secret secret(String where, String text) throws ConfigException {
    return new Secret(Parts.headerValue(where, expansion.expand(where, text)));
  }

  private Path file(String name) {
    return folder.resolve(name);
  }
}
