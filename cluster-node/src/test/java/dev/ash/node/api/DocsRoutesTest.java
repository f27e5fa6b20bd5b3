package dev.ash.node.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.ash.node.api.http.Endpoint;
import dev.ash.node.api.json.SchemaCheck;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The description of the API against the routes it describes. */
final class DocsRoutesTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private ApiServer api;

  @BeforeEach
  void start() throws Exception {
    api = new ApiServer();
  }

  @AfterEach
  void stop() {
    api.close();
  }

  @Test
  void describesEveryRouteAndNothingElse() throws Exception {
    var routes = new TreeSet<String>();
    api.endpoints().forEach(e -> routes.add(e.method() + " " + e.path()));
    var described = new TreeSet<String>();
    words().fieldNames().forEachRemaining(described::add);

    assertThat(described).as("operations.yaml, beside api.docs").isEqualTo(routes);
  }

  @Test
  void walksEveryOperation() throws Exception {
    var document = document();
    var ids = new HashSet<String>();
    assertThat(document.path("openapi").asText()).isEqualTo("3.1.0");
    for (var endpoint : api.endpoints()) {
      var operation = operation(document, endpoint);
      var name = endpoint.method() + " " + endpoint.path();

      assertThat(ids.add(operation.path("operationId").asText())).as("id of " + name).isTrue();
      assertThat(operation.path("summary").asText()).as(name).isNotBlank();
      var parameters = new ArrayList<String>();
      operation
          .path("parameters")
          .forEach(p -> parameters.add(p.path("in").asText() + " " + p.path("name").asText()));
      assertThat(parameters).as(name).containsAll(bound(endpoint));
      assertThat(operation.has("requestBody"))
          .as(name)
          .isEqualTo(endpoint.body().schema().isPresent());
      var statuses = new ArrayList<String>();
      operation.path("responses").fieldNames().forEachRemaining(statuses::add);
      assertThat(statuses).as(name).contains("429", "500").anyMatch(s -> s.startsWith("2"));
      assertThat(statuses.contains("401"))
          .as(name)
          .isEqualTo(endpoint.access() != Endpoint.Access.OPEN);
    }
  }

  @Test
  void pointsOnlyAtSchemasThatExist() throws Exception {
    var document = document();
    var schemas = document.path("components").path("schemas");
    assertThat(document.findValuesAsText("$ref"))
        .isNotEmpty()
        .allMatch(ref -> schemas.has(ref.substring("#/components/schemas/".length())));
  }

  @Test
  void hasExamplesThatPassTheGate() throws Exception {
    for (var endpoint : api.endpoints()) {
      var example = words().path(endpoint.method() + " " + endpoint.path()).get("example");
      if (example != null) {
        var schema = endpoint.body().schema().orElseThrow();
        assertThat(SchemaCheck.check(schema, example.deepCopy(), "body"))
            .as(endpoint.path())
            .isInstanceOf(SchemaCheck.Fits.class);
        var url =
            endpoint.path().replace(":id", FakeSessions.ID.value()).replace(":name", "mock-agent");
        var reply =
            api.send(
                endpoint.method(),
                url,
                Map.of("Content-Type", "application/json"),
                example.toString());
        assertThat(reply.status()).as(endpoint.path() + reply.body()).isLessThan(300);
      }
    }
  }

  @Test
  void saysTheSameInBothForms() throws Exception {
    var yaml = api.anonymous("GET", "/docs/yaml", Map.of());

    assertThat(yaml.header("content-type")).isEqualTo("application/yaml");
    assertThat(new YAMLMapper().readTree(yaml.body()).toString()).isEqualTo(document().toString());
  }

  @Test
  void showsAPageThatNeedsNoOtherServer() throws Exception {
    for (var url : List.of("/docs", "/docs/")) {
      var page = api.anonymous("GET", url, Map.of());
      assertThat(page.status()).isEqualTo(200);
      assertThat(page.header("content-security-policy")).contains("default-src 'none'");
      assertThat(page.body()).doesNotContain("http:", "https:", "//cdn");
      for (var file : page.body().split("/docs/static/", -1)) {
        if (!file.startsWith("<")) {
          var name = file.substring(0, file.indexOf('"'));
          assertThat(api.anonymous("GET", "/docs/static/" + name, Map.of()).status())
              .as(name)
              .isEqualTo(200);
        }
      }
    }
    assertThat(api.anonymous("GET", "/docs/static/pom.xml", Map.of()).status()).isEqualTo(404);
    assertThat(api.anonymous("GET", "/docs/static/..%2Findex.html", Map.of()).status())
        .isEqualTo(404);
  }

  private static List<String> bound(Endpoint endpoint) {
    var bound = new ArrayList<String>();
    for (var segment : endpoint.path().split("/", -1)) {
      if (segment.startsWith(":")) {
        bound.add("path " + segment.substring(1));
      } else if (segment.equals("*")) {
        bound.add("path path");
      }
    }
    endpoint.query().fields().forEach(field -> bound.add("query " + field.name()));
    return bound;
  }

  private static JsonNode operation(JsonNode document, Endpoint endpoint) {
    return document
        .path("paths")
        .path(endpoint.path().replaceAll(":(\\w+)", "{$1}").replace("*", "{path}"))
        .path(endpoint.method().toLowerCase(Locale.ROOT));
  }

  private JsonNode document() throws Exception {
    var reply = api.anonymous("GET", "/docs/json", Map.of());
    assertThat(reply.status()).isEqualTo(200);
    return JSON.readTree(reply.body());
  }

  private static JsonNode words() throws Exception {
    try (var in = Api.class.getResourceAsStream("docs/operations.yaml")) {
      return new YAMLMapper().readTree(in);
    }
  }
}
