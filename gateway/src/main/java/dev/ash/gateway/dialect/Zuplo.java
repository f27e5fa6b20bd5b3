package dev.ash.gateway.dialect;

import com.fasterxml.jackson.databind.JsonNode;
import dev.ash.gateway.config.ConfigException;
import dev.ash.gateway.config.Fields;
import dev.ash.gateway.config.Findings.Kind;
import dev.ash.gateway.config.Parts;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Zuplo's routes.oas.json, and the policies.json beside it. */
final class Zuplo {
  private final Draft draft;
  private final Map<String, Fields> policies = new HashMap<>();
  private boolean seen;

  Zuplo(Draft draft) {
    this.draft = draft;
  }

  void read(JsonNode routes, JsonNode policyFile) throws ConfigException {
    for (var policy : Fields.of(policyFile, "policies.json").each("policies")) {
      policies.put(policy.need("name", "a name"), policy);
    }
    var root = Fields.of(routes, "");
    root.describes("openapi", "info", "components", "tags", "servers");
    var paths = root.at("paths");
    for (var path : paths.names()) {
      if (!path.startsWith("/v1/") && !path.equals("/v1") && !path.startsWith("/(.*)")) {
        continue;
      }
      var at = paths.at(path);
      at.describes("x-zuplo-path", "summary", "description");
      for (var method : at.names()) {
        if (List.of("get", "post", "head").contains(method)) {
          route(at.at(method));
        }
      }
      at.rest(draft.findings);
    }
    paths.rest(draft.findings);
    root.rest(draft.findings);
    for (var policy : policies.values()) {
      draft.note(Kind.NOTE, policy.path(), "defined, and no route uses it");
    }
  }

  private void route(Fields operation) throws ConfigException {
    operation.describes(
        "summary", "description", "operationId", "tags", "responses", "requestBody", "parameters");
    var at = operation.at("x-zuplo-route");
    at.describes("corsPolicy", "version");
    var handler = at.at("handler");
    var export = handler.need("export", "urlForwardHandler");
    if (!export.equals("urlForwardHandler")) {
      throw new ConfigException(handler.path("export"), export, "urlForwardHandler");
    }
    if (handler.text("module").isEmpty()) {
      draft.note(
          Kind.WRONG_AT_VENDOR,
          handler.path("module"),
          "is missing; Zuplo needs $import(@zuplo/runtime)");
    }
    var options = handler.at("options");
    draft.upstream(options.path("baseUrl"), env(options.need("baseUrl", "an address")));
    options.describes("forwardSearch", "followRedirects");
    options.rest(draft.findings);
    handler.rest(draft.findings);
    var used = at.at("policies");
    for (var name : used.texts("inbound")) {
      policy(name, used.path("inbound"));
    }
    for (var name : used.texts("outbound")) {
      draft.note(Kind.NOT_UNDERSTOOD, used.path("outbound"), name + " has no effect here");
    }
    used.rest(draft.findings);
    at.rest(draft.findings);
    operation.rest(draft.findings);
    seen = true;
  }

  private void policy(String name, String where) throws ConfigException {
    var policy = policies.remove(name);
    if (policy == null) {
      if (!seen) {
        byName(name, where);
      }
      return;
    }
    policy.describes("policyType");
    var handler = policy.at("handler");
    handler.describes("module");
    apply(handler.need("export", "a policy"), handler.at("options"), handler.path("export"));
    handler.rest(draft.findings);
    policy.rest(draft.findings);
  }

  /** A name without a definition: the specification's own snippet has only names. */
  private void byName(String name, String where) throws ConfigException {
    draft.note(
        Kind.WRONG_AT_VENDOR,
        where,
        name + " is not defined in policies.json; Zuplo would not start");
    if (name.startsWith("api-key")) {
      draft.keyed();
    }
  }

  private void apply(String export, Fields options, String where) throws ConfigException {
    switch (export) {
      case "ApiKeyInboundPolicy", "ApiAuthKeyInboundPolicy" -> {
        draft.keyed();
        options.describes(
            "bucketName",
            "allowUnauthenticatedRequests",
            "cacheTtlSeconds",
            "authHeader",
            "authScheme");
      }
      case "RateLimitInboundPolicy" -> limit(options);
      case "SetHeadersInboundPolicy" -> setHeaders(options);
      case "RemoveHeadersInboundPolicy" -> {
        for (var name : options.texts("headers")) {
          if (!name.equalsIgnoreCase("authorization")) {
            draft.remove(options.path("headers"), name);
          }
        }
      }
      default -> {
        draft.note(Kind.NOT_UNDERSTOOD, where, export + " has no effect here");
        options.describes(options.names().toArray(String[]::new));
      }
    }
    options.rest(draft.findings);
  }

  private void limit(Fields options) throws ConfigException {
    var minutes = options.number("timeWindowMinutes", 1, 1_440).orElse(1);
    options
        .number("requestsAllowed", 1, Parts.MAX_REQUESTS)
        .ifPresent(n -> draft.quota(n, Duration.ofMinutes(minutes)));
    var wrong = options.number("requestsPerMinute", 1, Parts.MAX_REQUESTS);
    if (wrong.isPresent()) {
      draft.note(
          Kind.WRONG_AT_VENDOR,
          options.path("requestsPerMinute"),
          "is no option of Zuplo; it is requestsAllowed with timeWindowMinutes");
      draft.quota(wrong.getAsInt(), Duration.ofMinutes(1));
    }
    var by = options.text("rateLimitBy").orElse("user");
    if (by.equals("consumer")) {
      draft.note(
          Kind.WRONG_AT_VENDOR, options.path("rateLimitBy"), "consumer is no value; it is user");
    } else if (!by.equals("user")) {
      draft.note(Kind.NOT_OFFERED, options.path("rateLimitBy"), by + ": here it is per consumer");
    }
    options.describes("headerMode", "mode", "identifier");
  }

  private void setHeaders(Fields options) throws ConfigException {
    var headers = new ArrayList<Fields>(options.each("headers"));
    for (var header : headers) {
      var name = header.need("name", "a header name");
      var value = env(header.need("value", "its value"));
      if (header.flag("overwrite", true)) {
        draft.set(header.path("value"), name, value);
      } else {
        draft.addIfAbsent(header.path("value"), name, value, false);
      }
      header.rest(draft.findings);
    }
  }

  private static String env(String text) {
    return text.replaceAll("\\$env\\(([A-Za-z_][A-Za-z0-9_]*)\\)", "\\${$1}");
  }
}
