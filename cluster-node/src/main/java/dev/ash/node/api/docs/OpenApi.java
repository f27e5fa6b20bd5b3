package dev.ash.node.api.docs;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.ash.node.api.http.BodyRule;
import dev.ash.node.api.http.Endpoint;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;

/**
 * The OpenAPI 3.1 document of a list of endpoints. What the gate checks is taken from them, so it
 * cannot differ; words and answers are in {@code operations.yaml}.
 */
public final class OpenApi {
  private static final YAMLMapper YAML = new YAMLMapper();

  private final JsonNode words = read("operations.yaml");
  private final ObjectNode document = JsonNodeFactory.instance.objectNode();

  /** Whether the operation at hand tells the details of a fault (contract 2.2). */
  private boolean detailed;

  private OpenApi() {}

  /** Reads files: not for a thread that must not block. */
  public static ObjectNode of(List<Endpoint> endpoints, String version) {
    var api = new OpenApi();
    api.document.put("openapi", "3.1.0");
    api.document.putObject("info").put("title", "Ash").put("version", version);
    api.document.putArray("servers").addObject().put("url", "/");
    var paths = api.document.putObject("paths");
    for (var endpoint : endpoints) {
      paths
          .withObjectProperty(path(endpoint))
          .set(endpoint.method().toLowerCase(Locale.ROOT), api.operation(endpoint));
    }
    var components = api.document.putObject("components");
    components.set("schemas", read("schemas.yaml"));
    var security = components.putObject("securitySchemes");
    security.putObject("key").put("type", "http").put("scheme", "bearer");
    security
        .putObject("internalSecret")
        .put("type", "http")
        .put("scheme", "bearer")
        .put("description", "The value of ASH_INTERNAL_SECRET.");
    return api.document;
  }

  public static String yaml(ObjectNode document) {
    try {
      return YAML.writeValueAsString(document);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Under which an endpoint is described. */
  static String name(Endpoint endpoint) {
    return endpoint.method() + " " + endpoint.path();
  }

  static JsonNode read(String file) {
    try (var in = OpenApi.class.getResourceAsStream(file)) {
      return YAML.readTree(Objects.requireNonNull(in, file));
    } catch (IOException e) {
      throw new UncheckedIOException(file, e);
    }
  }

  private static String path(Endpoint endpoint) {
    return endpoint.path().replaceAll(":([A-Za-z]+)", "{$1}").replace("*", "{path}");
  }

  private ObjectNode operation(Endpoint endpoint) {
    var described = words.path(name(endpoint));
    var operation = JsonNodeFactory.instance.objectNode();
    if (described.isObject()) {
      operation.set("operationId", described.get("id"));
      operation.putArray("tags").add(described.get("tag"));
      operation.set("summary", described.get("summary"));
    }
    switch (endpoint.access()) {
      case OPEN -> operation.putArray("security");
      case KEY -> operation.putArray("security").addObject().putArray("key");
      case INTERNAL -> operation.putArray("security").addObject().putArray("internalSecret");
    }
    var parameters = parameters(endpoint, described);
    if (!parameters.isEmpty()) {
      operation.set("parameters", parameters);
    }
    endpoint
        .body()
        .schema()
        .ifPresent(
            schema -> {
              var request = operation.putObject("requestBody");
              request.put("required", !endpoint.body().mayBeEmpty());
              var json = request.putObject("content").putObject("application/json");
              json.set("schema", JsonSchemas.of(schema));
              Optional.ofNullable(described.get("example")).ifPresent(e -> json.set("example", e));
            });
    detailed = !endpoint.shortFaults();
    answers(endpoint, described, operation.putObject("responses"));
    return operation;
  }

  private static ArrayNode parameters(Endpoint endpoint, JsonNode described) {
    var parameters = JsonNodeFactory.instance.arrayNode();
    for (var segment : endpoint.path().split("/", -1)) {
      if (segment.startsWith(":") || segment.equals("*")) {
        var name = segment.equals("*") ? "path" : segment.substring(1);
        var schema =
            endpoint.params().fields().stream()
                .filter(field -> field.name().equals(name))
                .map(JsonSchemas::of)
                .findFirst()
                .orElseGet(() -> JsonNodeFactory.instance.objectNode().put("type", "string"));
        parameter(parameters, name, "path", true, schema);
      }
    }
    for (var field : endpoint.query().fields()) {
      parameter(parameters, field.name(), "query", field.required(), JsonSchemas.of(field));
    }
    for (var header : described.path("headers")) {
      var text = JsonNodeFactory.instance.objectNode().put("type", "string");
      parameter(parameters, header.asText(), "header", false, text);
    }
    return parameters;
  }

  private static void parameter(
      ArrayNode all, String name, String in, boolean required, ObjectNode schema) {
    all.addObject().put("name", name).put("in", in).put("required", required).set("schema", schema);
  }

  private void answers(Endpoint endpoint, JsonNode described, ObjectNode responses) {
    described
        .path("answers")
        .properties()
        .forEach(e -> answer(responses, e.getKey(), e.getValue(), described.path("tells")));
    if (!endpoint.params().fields().isEmpty()
        || !endpoint.query().fields().isEmpty()
        || !endpoint.body().equals(BodyRule.NONE)) {
      error(responses, "400", "The request does not fit");
    }
    switch (endpoint.access()) {
      case OPEN -> {
        // Nobody is asked who he is.
      }
      case KEY -> {
        error(responses, "401", "Missing Authorization header");
        error(responses, "401", "Invalid Authorization header format");
        error(responses, "401", "Invalid API key");
      }
      case INTERNAL -> {
        error(responses, "401", "Unauthorized — invalid or missing internal secret");
        error(responses, "503", "Internal endpoints are disabled");
      }
    }
    if (endpoint.body().schema().isPresent()) {
      // Told with the details of a fault, as every broken body is.
      error(responses, "413", "Larger than " + endpoint.body().limit() + " bytes");
      error(responses, "415", "Not application/json");
    }
    error(responses, "429", "Rate limit exceeded; Retry-After says for how long");
    error(responses, "500", "A fault of the server, with its id in the log");
    described
        .path("errors")
        .properties()
        .forEach(e -> e.getValue().forEach(text -> error(responses, e.getKey(), text.asText())));
  }

  /** A schema's name, a media type, or nothing. */
  private static void answer(ObjectNode responses, String status, JsonNode what, JsonNode headers) {
    var response = responses.putObject(status).put("description", "Done");
    for (var header : headers.properties()) {
      response
          .withObjectProperty("headers")
          .putObject(header.getKey())
          .put("description", header.getValue().asText())
          .putObject("schema")
          .put("type", "string");
    }
    if (what.asText().contains("/")) {
      response.putObject("content").putObject(what.asText()).putObject("schema");
    } else if (!what.asText().equals("nothing")) {
      schema(response, what.asText());
    }
  }

  private void error(ObjectNode responses, String status, String text) {
    var response = responses.withObjectProperty(status);
    var before = response.path("description").asText();
    response.put("description", before.isEmpty() ? text : before + "; " + text);
    var fault = (status.equals("400") && detailed) || status.equals("413") || status.equals("415");
    schema(response, fault ? "Fault" : "Error");
  }

  private static void schema(ObjectNode response, String name) {
    response
        .putObject("content")
        .putObject("application/json")
        .putObject("schema")
        .put("$ref", "#/components/schemas/" + name);
  }
}
