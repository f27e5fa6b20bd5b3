package dev.ash.gateway.dialect;

import dev.ash.gateway.config.ConfigException;
import dev.ash.gateway.config.Findings.Kind;
import dev.ash.gateway.config.Parts;
import dev.ash.gateway.dialect.NginxTokens.Directive;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The directives of nginx that a gateway for the Messages API is written with. */
final class Nginx {
  private static final Set<String> WITHOUT_EFFECT =
      Set.of(
          "worker_processes",
          "worker_connections",
          "error_log",
          "access_log",
          "pid",
          "server_name",
          "default_type",
          "include",
          "sendfile",
          "keepalive_timeout",
          "proxy_pass_request_headers",
          "proxy_pass_request_body",
          "proxy_http_version",
          "proxy_ssl_server_name",
          "proxy_ssl_verify_depth",
          "proxy_ssl_trusted_certificate",
          "proxy_ssl_protocols",
          "error_page",
          "proxy_cache",
          "proxy_request_buffering",
          "chunked_transfer_encoding",
          "proxy_send_timeout",
          "limit_req_status",
          "limit_req_zone",
          "daemon",
          "log_format",
          "client_body_temp_path",
          "proxy_temp_path",
          "map_hash_bucket_size");
  private static final Set<String> BLOCKS = Set.of("http", "server", "events", "location");

  private final Draft draft;
  private final Map<String, Directive> maps = new HashMap<>();
  private final Map<String, String> zones = new HashMap<>();
  private final Set<String> setHeaders = new HashSet<>();
  private boolean buffering = true;
  private boolean verified;
  private boolean secure;

  Nginx(Draft draft) {
    this.draft = draft;
  }

  void read(String text) throws ConfigException {
    block(NginxTokens.parse(text));
    if (buffering) {
      draft.note(
          Kind.WRONG_AT_VENDOR,
          "proxy_buffering",
          "on by default: nginx would hold streams back; set it to off");
    }
    if (secure && !verified) {
      draft.note(
          Kind.WRONG_AT_VENDOR,
          "proxy_ssl_verify",
          "off by default: nginx would give the provider's key to whoever answers; set it to on,"
              + " with proxy_ssl_trusted_certificate");
    }
    if (!setHeaders.contains("authorization")) {
      draft.note(
          Kind.WRONG_AT_VENDOR,
          "proxy_set_header Authorization",
          "is missing: nginx would hand the client's token on");
    }
  }

  private void block(List<Directive> directives) throws ConfigException {
    for (var one : directives) {
      switch (one.name()) {
        case "map" -> maps.put(String.join(" ", one.args()), one);
        case "limit_req_zone" -> zones.put(zone(one), rate(one));
        default -> {}
      }
    }
    for (var one : directives) {
      directive(one);
    }
  }

  private void directive(Directive one) throws ConfigException {
    var where = "line " + one.line() + " " + one.name();
    switch (one.name()) {
      case "location" -> {
        if (String.join(" ", one.args()).contains("/v1")) {
          block(one.block());
        } else {
          draft.note(Kind.NOTE, where, String.join(" ", one.args()) + " is left out");
        }
      }
      case "upstream" -> upstream(one);
      case "map" -> {}
      case "proxy_pass" -> {
        var target = target(draft.expansion.expand(where, arg(one, 0)));
        secure = target.startsWith("https:");
        draft.upstream(where, target);
      }
      case "proxy_ssl_verify" -> verified = arg(one, 0).equals("on");
      case "proxy_set_header" -> header(where, arg(one, 0), arg(one, 1));
      case "proxy_buffering" -> buffering = !arg(one, 0).equals("off");
      case "proxy_read_timeout" -> draft.timeouts(Optional.empty(), Optional.of(time(where, one)));
      case "proxy_connect_timeout" ->
          draft.timeouts(Optional.of(time(where, one)), Optional.empty());
      case "limit_req" -> limit(one, where);
      case "client_max_body_size" -> {}
      case "listen", "ssl_certificate", "ssl_certificate_key", "ssl_protocols" ->
          draft.note(Kind.NOTE, where, "where to listen is said with --host and --port");
      case "if" -> {
        if (String.join(" ", one.args()).contains("$http_authorization")) {
          draft.keyed();
        } else {
          draft.note(Kind.NOT_UNDERSTOOD, where, "has no effect here");
        }
      }
      case "return" -> draft.note(Kind.NOT_UNDERSTOOD, where, "has no effect here");
      default -> {
        if (BLOCKS.contains(one.name())) {
          block(one.block());
        } else if (!WITHOUT_EFFECT.contains(one.name())) {
          draft.note(Kind.NOT_UNDERSTOOD, where, "has no effect here");
        }
      }
    }
  }

  private void header(String where, String name, String value) throws ConfigException {
    setHeaders.add(name.toLowerCase(Locale.ROOT));
    if (name.equalsIgnoreCase("host") || name.equalsIgnoreCase("connection")) {
      return;
    }
    if (value.isEmpty()) {
      if (!name.equalsIgnoreCase("authorization") && !name.equalsIgnoreCase("x-api-key")) {
        draft.remove(where, name);
      }
    } else if (value.startsWith("$http_")) {
      draft.copy(where, name, value.substring("$http_".length()).replace('_', '-'));
    } else if (value.startsWith("$") && !value.startsWith("${")) {
      mapped(where, name, value);
    } else {
      if (value.contains("${")) {
        draft.note(
            Kind.NOTE, where, "nginx does not expand ${...}; run the file through envsubst there");
      }
      draft.set(where, name, value);
    }
  }

  /** A map from a header to itself or to a constant is a default. */
  private void mapped(String where, String name, String variable) throws ConfigException {
    var source = "$http_" + name.toLowerCase(Locale.ROOT).replace('-', '_');
    var map = maps.get(source + " " + variable);
    if (map == null) {
      draft.note(Kind.NOT_UNDERSTOOD, where, variable + " has no value here");
      return;
    }
    for (var entry : map.block()) {
      if (entry.name().isEmpty() && !entry.args().isEmpty()) {
        draft.addIfAbsent(where, name, entry.args().getFirst(), true);
      } else if (!entry.name().equals("default") || !entry.args().equals(List.of(source))) {
        draft.note(Kind.NOT_UNDERSTOOD, "line " + entry.line() + " map", "has no effect here");
      }
    }
  }

  private void upstream(Directive one) throws ConfigException {
    for (var server : one.block()) {
      if (server.name().equals("server")) {
        zones.put("upstream " + arg(one, 0), arg(server, 0));
      } else if (!server.name().equals("keepalive")) {
        draft.note(Kind.NOT_UNDERSTOOD, "line " + server.line() + " " + server.name(), "");
      }
    }
  }

  private String target(String address) {
    for (var entry : zones.entrySet()) {
      if (entry.getKey().startsWith("upstream ")) {
        address = address.replace("//" + entry.getKey().substring(9), "//" + entry.getValue());
      }
    }
    return address.replaceFirst("(https?://[^/]+)/v1/messages$", "$1");
  }

  private void limit(Directive one, String where) throws ConfigException {
    var zone = one.args().stream().filter(a -> a.startsWith("zone=")).findFirst().orElse("zone=");
    var rate = zones.getOrDefault(zone.substring("zone=".length()), "");
    var number = rate.replaceAll("\\D", "");
    if (number.isEmpty() || number.length() > 5) {
      throw new ConfigException(where, zone, "a zone of limit_req_zone with a rate");
    }
    draft.quota(
        Math.clamp(Integer.parseInt(number), 1, Parts.MAX_REQUESTS),
        rate.endsWith("r/s") ? Duration.ofSeconds(1) : Duration.ofMinutes(1));
    draft.note(
        Kind.NOTE, where, "nginx spreads the rate evenly; here it is a window, without burst");
  }

  private static String zone(Directive one) {
    return one.args().stream()
        .filter(a -> a.startsWith("zone="))
        .map(a -> a.substring(5).replaceFirst(":.*", ""))
        .findFirst()
        .orElse("");
  }

  private static String rate(Directive one) {
    return one.args().stream()
        .filter(a -> a.startsWith("rate="))
        .map(a -> a.substring(5))
        .findFirst()
        .orElse("");
  }

  private static Duration time(String where, Directive one) throws ConfigException {
    var text = arg(one, 0);
    return Parts.duration(where, text.matches("\\d+") ? text + "s" : text);
  }

  private static String arg(Directive one, int index) throws ConfigException {
    if (one.args().size() <= index) {
      throw new ConfigException(
          "line " + one.line() + " " + one.name(), one.args(), (index + 1) + " values");
    }
    return one.args().get(index);
  }
}
