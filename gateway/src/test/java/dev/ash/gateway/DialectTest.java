package dev.ash.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ash.gateway.config.Expansion;
import dev.ash.gateway.config.Findings;
import dev.ash.gateway.config.Findings.Finding;
import dev.ash.gateway.config.Findings.Kind;
import dev.ash.gateway.config.GatewayConfig;
import dev.ash.gateway.dialect.Dialect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
final class DialectTest {
  static final Path TEMPLATES = Path.of("..", "deploy", "gateways").toAbsolutePath().normalize();
  private static final Map<String, String> ENVIRONMENT =
      Map.of(
          "ANTHROPIC_API_KEY",
          Rig.PROVIDER_KEY,
          "GATEWAY_KEY",
          Rig.TOKEN,
          "ANTHROPIC_UPSTREAM",
          "https://api.anthropic.com",
          "ANTHROPIC_CA_FILE",
          "/etc/ssl/certs/ca-certificates.crt");

  @TempDir Path folder;

  private record Read(GatewayConfig config, List<Finding> findings) {}

  @ParameterizedTest
  @CsvSource({
    "ASH, ash/gateway.yaml",
    "TRUEFOUNDRY, truefoundry/truefoundry-config.yaml",
    "ZUPLO, zuplo",
    "KONG, kong/kong.yaml",
    "NGINX, nginx/gateway.conf.template",
    "AWS, aws-api-gateway/openapi.yaml",
    "APIGEE, apigee",
    "APIM, apim/policy.xml",
  })
  void understandsAllOfItsOwnTemplate(Dialect dialect, String file) throws Exception {
    var read = read(dialect, TEMPLATES.resolve(file));

    assertThat(read.findings())
        .noneMatch(f -> f.kind() == Kind.NOT_UNDERSTOOD || f.kind() == Kind.WRONG_AT_VENDOR);
    assertThat(read.config().access().open()).isFalse();
    var upstream = read.config().upstreams().getFirst();
    assertThat(upstream.url()).hasToString("https://api.anthropic.com");
    assertThat(upstream.credential().orElseThrow().header()).isEqualTo("x-api-key");
    assertThat(upstream.credential().orElseThrow().value().reveal()).isEqualTo(Rig.PROVIDER_KEY);
    if (dialect != Dialect.AWS) { // its limits are in usage plans, outside the file
      assertThat(read.config().access().consumers().getFirst().allowance().quotas())
          .anySatisfy(q -> assertThat(q.requests()).isEqualTo(100));
    }
    assertThat(read.config().timeouts().firstByte()).isEqualTo(Duration.ofMinutes(10));
  }

  @Test
  void servesWhatKongsFileSays() throws Exception {
    try (var model = Rig.model();
        var gateway =
            Rig.start(
                read(
                        Dialect.KONG,
                        write(
                            "kong.yaml",
                            Files.readString(TEMPLATES.resolve("kong/kong.yaml"))
                                .replace("https://api.anthropic.com", model.url())))
                    .config())) {
      var ran = Rig.run("gateway", "validate", "--url", gateway.url(), "--token", Rig.TOKEN);

      assertThat(ran.out()).contains("Gateway is COMPATIBLE");
    }
  }

  @Test
  void tellsThatTheSpecificationsKongBlockLeaksTheToken() throws Exception {
    var read =
        read(
            Dialect.KONG,
            write(
                "kong.yaml",
                """
                services:
                  - name: anthropic
                    url: https://api.anthropic.com
                plugins:
                  - name: request-transformer
                    config:
                      add:
                        headers:
                          - anthropic-version:2023-06-01
                          - Authorization:Bearer ${ANTHROPIC_API_KEY}
                      pass:
                        - anthropic-beta
                        - anthropic-client-version
                  - name: rate-limiting
                    config:
                      minute: 100
                      policy: local
                  - name: response-buffering
                    config:
                      enabled: false
                  - name: bot-detection
                """));

    assertThat(read.findings().toString())
        .contains("wrong at vendor: plugins[0].config.add.headers", "client's own Authorization")
        .contains("plugins[0].config.pass", "is no key of request-transformer")
        .contains("Kong has no plugin of this name")
        .contains("not understood: plugins[3].name: bot-detection");
  }

  @Test
  void acceptsTheSpecificationsZuploSnippetAndSaysWhatIsWrongInIt() throws Exception {
    var read =
        read(
            Dialect.ZUPLO,
            write(
                "routes.oas.json",
                """
                {"paths": {"/v1/messages": {"post": {"x-zuplo-route": {
                  "handler": {"export": "urlForwardHandler", "options": {"baseUrl": "https://api.anthropic.com"}},
                  "policies": {"inbound": ["api-key-inbound", "rate-limit-inbound"]}}}}}}
                """));

    assertThat(read.config().access().open()).isFalse();
    assertThat(read.findings().toString())
        .contains("Zuplo needs $import(@zuplo/runtime)")
        .contains("api-key-inbound is not defined in policies.json");
  }

  @Test
  void mapsTheSpecificationsZuploLimit() throws Exception {
    var routes = Files.readString(TEMPLATES.resolve("zuplo/routes.oas.json"));
    var policies =
        Files.readString(TEMPLATES.resolve("zuplo/policies.json"))
            .replace("\"rateLimitBy\": \"user\"", "\"rateLimitBy\": \"consumer\"")
            .replace("\"requestsAllowed\": 100", "\"requestsPerMinute\": 100")
            .replace("\"timeWindowMinutes\": 1", "\"mode\": \"strict\"");
    var _ = write("policies.json", policies);
    var read = read(Dialect.ZUPLO, write("routes.oas.json", routes));

    assertThat(read.config().access().consumers().getFirst().allowance().quotas())
        .containsExactly(new GatewayConfig.Quota(100, Duration.ofMinutes(1)));
    assertThat(read.findings().toString()).contains("requestsPerMinute", "is no option of Zuplo");
  }

  @Test
  void tellsThatTheSpecificationsNginxBlockHoldsStreamsBack() throws Exception {
    var read =
        read(
            Dialect.NGINX,
            write(
                "nginx.conf",
                """
                location /v1/messages {
                    proxy_pass https://api.anthropic.com;
                    proxy_pass_request_headers on;
                    proxy_set_header anthropic-version $http_anthropic_version;
                    proxy_set_header anthropic-beta $http_anthropic_beta;
                    proxy_set_header Authorization "Bearer ${ANTHROPIC_API_KEY}";
                    mirror /audit;
                }
                """));

    assertThat(read.findings().toString())
        .contains("proxy_buffering", "nginx does not expand ${...}")
        .contains("wrong at vendor: proxy_ssl_verify")
        .contains("not understood: line 7 mirror")
        .contains("asks for no key");
  }

  @ParameterizedTest
  @CsvSource({
    "ASH, ash/gateway.yaml",
    "TRUEFOUNDRY, truefoundry/truefoundry-config.yaml",
    "ZUPLO, zuplo",
    "KONG, kong/kong.yaml",
    "NGINX, nginx/gateway.conf.template",
    "AWS, aws-api-gateway/openapi.yaml",
    "APIGEE, apigee",
    "APIM, apim/policy.xml",
  })
  void setsAVersionOnlyWhereTheClientSentNone(Dialect dialect, String file) throws Exception {
    assertThat(read(dialect, TEMPLATES.resolve(file)).config().headers())
        .filteredOn(rule -> rule.name().equals("anthropic-version"))
        .isNotEmpty()
        .allSatisfy(
            rule ->
                assertThat(
                        rule.action() == GatewayConfig.HeaderRule.Action.DEFAULT
                            || rule.value() instanceof GatewayConfig.HeaderValue.FromRequest)
                    .isTrue());
  }

  @Test
  void evaluatesAmazonsHeaderMappings() throws Exception {
    var read =
        read(
            Dialect.AWS,
            write(
                "openapi.yaml",
                Files.readString(TEMPLATES.resolve("aws-api-gateway/openapi.yaml"))
                    .replace("method.request.header.anthropic-version", "\"'2023-06-01'\"")));

    assertThat(read.config().headers().toString())
        .contains("name=anthropic-version, value=Constant[text=2023-06-01]")
        .contains("name=anthropic-beta, value=FromRequest[name=anthropic-beta]");
  }

  @Test
  void tellsWhatApigeesAddWouldDo() throws Exception {
    var bundle = Files.createDirectories(folder.resolve("apiproxy/policies"));
    Files.writeString(
        bundle.resolve("a.xml"),
        "<AssignMessage name='a'><Add><Headers><Header name='anthropic-version'>2023-06-01</Header></Headers></Add></AssignMessage>");
    var targets = Files.createDirectories(folder.resolve("apiproxy/targets"));
    Files.copy(
        TEMPLATES.resolve("apigee/apiproxy/targets/default.xml"), targets.resolve("default.xml"));

    assertThat(read(Dialect.APIGEE, folder).findings().toString())
        .contains("wrong at vendor: AssignMessage a/Add", "appends to what the client sent");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "nginx/gateway.conf.template",
        "kong/kong.yaml",
        "zuplo/policies.json",
        "apim/policy.xml",
        "apigee/apiproxy/policies/Set-Headers.xml"
      })
  void removesWhatTellsWhoTheClientIs(String file) throws Exception {
    assertThat(Files.readString(TEMPLATES.resolve(file)).toLowerCase(Locale.ROOT))
        .contains("cookie", "forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto")
        .contains("x-forwarded-user", "x-forwarded-client-cert", "x-real-ip")
        .contains("proxy-authorization", "proxy-connection");
  }

  @Test
  void refusesADocumentTypeInXml() throws Exception {
    var file =
        write("policy.xml", "<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><x>&e;</x>");
    var ran = Rig.run("gateway", "explain", "--dialect", "APIM", "--config", file.toString());

    assertThat(ran.code()).isEqualTo(2);
    assertThat(ran.err()).contains("DOCTYPE");
  }

  @Test
  void refusesAMistypedFieldOfOurOwnFormat() throws Exception {
    var file =
        write(
            "gateway.yaml",
            Files.readString(TEMPLATES.resolve("ash/gateway.yaml"))
                .replace("requestsPerMinute", "requestPerMinute")
                .replace("${ANTHROPIC_API_KEY}", "k"));
    var ran = Rig.run("gateway", "serve", "--config", file.toString());

    assertThat(ran.code()).isEqualTo(2);
    assertThat(ran.err()).contains("consumers[0].requestPerMinute: unknown (expected: ");
  }

  @Test
  void putsAThirdPartyNoticeAtTheTopOfEveryTemplate() throws Exception {
    try (var files = Files.walk(TEMPLATES)) {
      for (var file : files.filter(Files::isRegularFile).toList()) {
        var name = TEMPLATES.relativize(file).toString();
        if (!name.startsWith("ash/") && !name.equals("zuplo/policies.json")) {
          assertThat(Files.readString(file)).as(name).contains("Third-party notice");
        }
      }
    }
  }

  private Path write(String name, String text) throws Exception {
    return Files.writeString(folder.resolve(name), text);
  }

  private static Read read(Dialect dialect, Path file) throws Exception {
    var findings = new Findings();
    var config = dialect.read(file, new Expansion(ENVIRONMENT::get), findings);
    return new Read(config, findings.all());
  }
}
