package dev.ash.gateway.dialect;

import com.fasterxml.jackson.databind.JsonNode;
import dev.ash.gateway.config.ConfigException;
import dev.ash.gateway.config.Fields;
import dev.ash.gateway.config.Findings.Kind;
import dev.ash.gateway.config.GatewayConfig.Allowance;
import dev.ash.gateway.config.Parts;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Kong's declarative configuration (decK and DB-less). */
final class Kong {
  private static final Map<String, Integer> WINDOWS =
      Map.of("second", 1, "minute", 60, "hour", 3_600, "day", 86_400);
  private final Draft draft;
  private final Set<String> removed = new HashSet<>();

  Kong(Draft draft) {
    this.draft = draft;
  }

  void read(JsonNode tree) throws ConfigException {
    var root = Fields.of(tree, "");
    root.describes("_format_version", "_transform", "_comment");
    for (var service : root.each("services")) {
      service(service);
    }
    plugins(root);
    for (var consumer : root.each("consumers")) {
      consumer(consumer);
    }
    root.rest(draft.findings);
  }

  private void service(Fields at) throws ConfigException {
    at.describes("name", "tags", "retries", "enabled");
    var url = at.text("url");
    draft.upstream(
        at.path("url"),
        url.isPresent()
            ? url.get()
            : at.text("protocol").orElse("https") + "://" + at.need("host", "a host or a url"));
    draft.timeouts(millis(at, "connect_timeout"), millis(at, "read_timeout"));
    at.describes("write_timeout", "port", "path");
    at.describes("tls_verify", "tls_verify_depth", "ca_certificates");
    plugins(at);
    for (var route : at.each("routes")) {
      route.describes(
          "name", "tags", "methods", "protocols", "preserve_host", "request_buffering", "paths");
      if (route.flag("strip_path", true)
          && route.texts("paths").stream().anyMatch(p -> p.startsWith("/v1"))) {
        draft.note(
            Kind.WRONG_AT_VENDOR,
            route.path("strip_path"),
            "true by default: Kong would cut /v1 off before it forwards; set it to false");
      }
      if (!route.has("response_buffering") || route.flag("response_buffering", true)) {
        draft.note(
            Kind.WRONG_AT_VENDOR,
            route.path("response_buffering"),
            "true by default: Kong would buffer streams; set it to false");
      }
      plugins(route);
      route.rest(draft.findings);
    }
    at.rest(draft.findings);
  }

  private static Optional<Duration> millis(Fields at, String name) throws ConfigException {
    var value = at.number(name, 1, Integer.MAX_VALUE);
    return value.isPresent() ? Optional.of(Duration.ofMillis(value.getAsInt())) : Optional.empty();
  }

  private void plugins(Fields at) throws ConfigException {
    for (var plugin : at.each("plugins")) {
      plugin.describes("enabled", "tags", "protocols", "id");
      plugin(plugin, plugin.need("name", "a plugin's name"));
      plugin.rest(draft.findings);
    }
  }

  private void plugin(Fields at, String name) throws ConfigException {
    var config = at.at("config");
    switch (name) {
      case "key-auth" -> {
        draft.keyed();
        config.describes(
            "key_names", "hide_credentials", "key_in_header", "key_in_query", "key_in_body");
        if (!config.texts("key_names").stream()
            .anyMatch(n -> n.equalsIgnoreCase("authorization"))) {
          draft.note(
              Kind.NOTE,
              config.path("key_names"),
              "Claude Code sends Authorization: Bearer; here both it and x-api-key are read");
        }
      }
      case "rate-limiting", "rate-limiting-advanced" -> {
        draftLimit(config).forEach(q -> draft.quota(q.requests(), q.window()));
        KongRedis.read(draft, config);
        config.describes("limit_by", "identifier", "hide_client_headers");
      }
      case "request-transformer" -> transformer(config);
      case "response-buffering" -> {
        draft.note(
            Kind.WRONG_AT_VENDOR,
            at.path("name"),
            "Kong has no plugin of this name; it is the route's response_buffering: false");
        config.describes("enabled");
      }
      case "prometheus", "file-log", "http-log", "correlation-id" -> {
        draft.note(Kind.NOTE, at.path("name"), "here metrics and audit are always on");
        config.describes(config.names().toArray(String[]::new));
      }
      case "request-size-limiting" -> config.describes("allowed_payload_size", "size_unit");
      default -> {
        draft.note(Kind.NOT_UNDERSTOOD, at.path("name"), name + " has no effect here");
        config.describes(config.names().toArray(String[]::new));
      }
    }
    config.rest(draft.findings);
  }

  private static List<dev.ash.gateway.config.GatewayConfig.Quota> draftLimit(Fields config)
      throws ConfigException {
    var quotas = new ArrayList<dev.ash.gateway.config.GatewayConfig.Quota>();
    for (var name : List.of("second", "minute", "hour", "day")) {
      config
          .number(name, 1, Parts.MAX_REQUESTS)
          .ifPresent(
              n ->
                  quotas.add(
                      new dev.ash.gateway.config.GatewayConfig.Quota(
                          n, Duration.ofSeconds(WINDOWS.getOrDefault(name, 60)))));
    }
    return quotas;
  }

  /** Kong's order: remove, rename, replace, add, append. */
  private void transformer(Fields config) throws ConfigException {
    var remove = config.at("remove");
    for (var name : remove.texts("headers")) {
      removed.add(name.toLowerCase(Locale.ROOT));
      if (!name.equalsIgnoreCase("authorization") && !name.equalsIgnoreCase("x-api-key")) {
        draft.remove(remove.path("headers"), name);
      }
    }
    remove.rest(draft.findings);
    var replace = config.at("replace");
    for (var pair : replace.texts("headers")) {
      draft.set(replace.path("headers"), name(pair), value(pair));
    }
    replace.rest(draft.findings);
    var add = config.at("add");
    for (var pair : add.texts("headers")) {
      draft.addIfAbsent(
          add.path("headers"),
          name(pair),
          value(pair),
          removed.contains(name(pair).toLowerCase(Locale.ROOT)));
    }
    add.rest(draft.findings);
    if (config.has("pass")) {
      draft.note(
          Kind.WRONG_AT_VENDOR,
          config.path("pass"),
          "is no key of request-transformer; headers pass without it");
      config.describes("pass");
    }
  }

  private void consumer(Fields at) throws ConfigException {
    at.describes("tags", "custom_id", "id");
    var keys = new ArrayList<String>();
    for (var credential : at.each("keyauth_credentials")) {
      credential.describes("tags", "id");
      keys.add(credential.need("key", "a key"));
      credential.rest(draft.findings);
    }
    var quotas = new ArrayList<dev.ash.gateway.config.GatewayConfig.Quota>();
    for (var plugin : at.each("plugins")) {
      if (plugin.need("name", "a plugin's name").equals("rate-limiting")) {
        var config = plugin.at("config");
        quotas.addAll(draftLimit(config));
        KongRedis.read(draft, config);
      } else {
        draft.note(Kind.NOT_UNDERSTOOD, plugin.path("name"), "has no effect on a consumer here");
      }
      plugin.describes("config", "enabled");
      plugin.rest(draft.findings);
    }
    draft.consumer(
        at.need("username", "a name"),
        keys,
        quotas.isEmpty()
            ? Allowance.unlimited()
            : new Allowance(quotas, java.util.OptionalLong.empty(), List.of()));
    at.rest(draft.findings);
  }

  private static String name(String pair) {
    var colon = pair.indexOf(':');
    return colon < 0 ? pair : pair.substring(0, colon).strip();
  }

  private static String value(String pair) {
    var colon = pair.indexOf(':');
    return colon < 0 ? "" : pair.substring(colon + 1).strip();
  }
}
