package dev.ash.gateway.dialect;

import com.fasterxml.jackson.databind.JsonNode;
import dev.ash.gateway.config.ConfigException;
import dev.ash.gateway.config.Fields;
import dev.ash.gateway.config.Findings.Kind;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** An OpenAPI file with Amazon API Gateway's extensions. */
final class AwsApiGateway {
  private static final String HEADER = "integration.request.header.";
  private static final String FROM_HEADER = "method.request.header.";
  private static final int USUAL_MILLIS = 29_000;

  private final Draft draft;

  AwsApiGateway(Draft draft) {
    this.draft = draft;
  }

  void read(JsonNode tree) throws ConfigException {
    var root = Fields.of(tree, "");
    root.describes(
        "openapi",
        "swagger",
        "info",
        "servers",
        "components",
        "tags",
        "x-amazon-apigateway-policy",
        "x-amazon-apigateway-request-validators",
        "x-amazon-apigateway-gateway-responses");
    if (root.raw("security").isArray()) {
      draft.keyed();
    }
    root.notOffered(
        draft.findings, "x-amazon-apigateway-binary-media-types", "every body passes as it is");
    if (root.text("x-amazon-apigateway-api-key-source").isPresent()) {
      draft.keyed();
    }
    var paths = root.at("paths");
    for (var path : paths.names()) {
      var at = paths.at(path);
      if (!path.startsWith("/v1") && !path.equals("/{proxy+}")) {
        at.describes(at.names().toArray(String[]::new));
        draft.note(Kind.NOTE, at.path(), "is left out");
      }
      for (var method : at.names()) {
        if (List.of("post", "get", "head", "x-amazon-apigateway-any-method").contains(method)
            && (path.startsWith("/v1") || path.equals("/{proxy+}"))) {
          operation(at.at(method));
        }
      }
      at.describes("parameters", "options");
      at.rest(draft.findings);
    }
    root.rest(draft.findings);
  }

  private void operation(Fields at) throws ConfigException {
    at.describes(
        "summary",
        "description",
        "operationId",
        "parameters",
        "responses",
        "requestBody",
        "tags",
        "x-amazon-apigateway-request-validator");
    if (at.raw("security").isArray()) {
      draft.keyed();
    }
    var integration = at.at("x-amazon-apigateway-integration");
    var type = integration.text("type").orElse("http_proxy").toLowerCase(java.util.Locale.ROOT);
    if (!type.equals("http_proxy")) {
      draft.note(
          Kind.WRONG_AT_VENDOR,
          integration.path("type"),
          type + " rewrites bodies and status codes; it has to be http_proxy");
    }
    draft.upstream(
        integration.path("uri"),
        stage(integration.need("uri", "an address")).replaceFirst("/v1/.*$|/\\{proxy}$", ""));
    var millis = integration.number("timeoutInMillis", 50, 900_000).orElse(USUAL_MILLIS);
    draft.timeouts(Optional.empty(), Optional.of(Duration.ofMillis(millis)));
    if (!"STREAM".equals(integration.text("responseTransferMode").orElse("BUFFERED"))) {
      draft.note(
          Kind.WRONG_AT_VENDOR,
          integration.path("responseTransferMode"),
          "BUFFERED by default: Amazon API Gateway would hold streams back; set it to STREAM");
    }
    for (var entry : integration.map("requestParameters").entrySet()) {
      parameter(integration.path("requestParameters"), entry.getKey(), entry.getValue());
    }
    integration.describes(
        "httpMethod", "connectionType", "passthroughBehavior", "responses", "tlsConfig");
    integration.notOffered(draft.findings, "connectionId", "upstreams are reached directly");
    integration.notOffered(draft.findings, "requestTemplates", "bodies are never rewritten");
    integration.notOffered(draft.findings, "cacheKeyParameters", "nothing is cached");
    integration.rest(draft.findings);
    at.rest(draft.findings);
  }

  private void parameter(String where, String name, String value) throws ConfigException {
    if (!name.startsWith(HEADER)) {
      if (!name.startsWith("integration.request.path.")
          && !name.startsWith("integration.request.querystring.")) {
        draft.note(Kind.NOT_UNDERSTOOD, where + "." + name, "has no effect here");
      }
      return;
    }
    var header = name.substring(HEADER.length());
    if (value.startsWith("'") && value.endsWith("'") && value.length() > 1) {
      draft.set(where, header, stage(value.substring(1, value.length() - 1)));
    } else if (value.startsWith(FROM_HEADER)) {
      draft.copy(where, header, value.substring(FROM_HEADER.length()));
    } else if (value.startsWith("stageVariables.")) {
      draft.set(where, header, "${" + value.substring("stageVariables.".length()) + "}");
    } else {
      draft.note(Kind.NOT_UNDERSTOOD, where + "." + name, "has no effect here");
    }
  }

  private static String stage(String text) {
    return text.replaceAll("\\$\\{stageVariables\\.([A-Za-z_][A-Za-z0-9_]*)}", "\\${$1}");
  }
}
