package dev.ash.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ash.gateway.server.Hashes;
import dev.ash.scriptedmodel.ScriptedModel;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Our gateway serves each template that it reads, in front of a model. */
@Timeout(60)
final class ServedDialectTest {
  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource({
    "ASH, ash/gateway.yaml",
    "NGINX, nginx/gateway.conf.template",
    "KONG, kong/kong.yaml",
    "ZUPLO, zuplo",
    "TRUEFOUNDRY, truefoundry/truefoundry-config.yaml",
    "AWS, aws-api-gateway/openapi.yaml",
    "APIGEE, apigee",
    "APIM, apim/policy.xml",
  })
  void isCompatible(String dialect, String template) throws Exception {
    try (var model = Rig.model();
        var gateway = serve(dialect, template, model)) {
      var ran =
          Rig.run(
              "gateway",
              "validate",
              "--url",
              gateway.url(),
              "--token",
              Rig.TOKEN,
              "--stream-prompt",
              "SCN:[{\"text\":\"one two three four five six\",\"chunk\":4,\"chunkMs\":20}]");

      assertThat(ran.out()).contains("Gateway is COMPATIBLE", "Passed: 6");
      assertThat(ran.code()).isZero();
      takesXApiKey(gateway, model);
      if (!dialect.equals("AWS")) { // its limits are in usage plans, outside the file
        assertThat(say(gateway, Rig.TOKEN).headers().firstValue("x-ratelimit-limit"))
            .contains("100");
      }
    }
  }

  /** As Amazon's, Apigee's, API Management's and Kong's templates take it from the caller. */
  private static void takesXApiKey(Serving gateway, ScriptedModel model) throws Exception {
    var before = model.requests();
    assertThat(say(gateway, "ash_wrong").statusCode()).isEqualTo(401);
    assertThat(model.requests()).isEqualTo(before);
    assertThat(say(gateway, Rig.TOKEN).statusCode()).isEqualTo(200);
    var call = model.calls().getLast();
    assertThat(call.header("x-api-key")).contains(Rig.PROVIDER_KEY);
    assertThat(call.header("anthropic-version")).contains("2023-06-01");
    assertThat(call.toString()).doesNotContain(Rig.TOKEN);
  }

  private static HttpResponse<String> say(Serving gateway, String key) throws Exception {
    try (var http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()) {
      return http.send(
          HttpRequest.newBuilder(URI.create(gateway.url() + "/v1/messages"))
              .header("x-api-key", key)
              .header("content-type", "application/json")
              .POST(
                  BodyPublishers.ofString(
                      "{\"model\":\"claude-3-5-sonnet-20241022\",\"max_tokens\":1,\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]}"))
              .build(),
          BodyHandlers.ofString());
    }
  }

  private Serving serve(String dialect, String template, ScriptedModel model) throws IOException {
    var hash = new Hashes(Optional.empty()).hash(Rig.TOKEN);
    var options =
        new ArrayList<>(
            List.of(
                "--strict",
                "--dialect",
                dialect,
                "--config",
                copied(template, model.url(), hash).toString()));
    if (!dialect.equals("ASH") && !dialect.equals("KONG")) { // these two say who may call
      var consumers =
          Files.writeString(
              folder.resolve("consumers.yaml"),
              "consumers: [{name: team, keys: [{hash: '" + hash + "'}]}]");
      options.addAll(List.of("--consumers", consumers.toString()));
    }
    return Serving.start(
        Map.of(
            "ANTHROPIC_API_KEY",
            Rig.PROVIDER_KEY,
            "GATEWAY_KEY",
            Rig.TOKEN,
            "ANTHROPIC_UPSTREAM",
            model.url(),
            "ANTHROPIC_CA_FILE",
            "/etc/ssl/certs/ca-certificates.crt"),
        options.toArray(String[]::new));
  }

  /** The template with the model in the provider's place, and a caller where it has a blank. */
  private Path copied(String template, String upstream, String hash) throws IOException {
    var from = DialectTest.TEMPLATES.resolve(template);
    var to = folder.resolve("template").resolve(String.valueOf(from.getFileName()));
    try (var files = Files.walk(from)) {
      for (var file : files.filter(Files::isRegularFile).toList()) {
        var copy = to.resolve(from.relativize(file).toString());
        Files.createDirectories(Optional.ofNullable(copy.getParent()).orElseThrow());
        Files.writeString(
            copy,
            Files.readString(file)
                .replace("https://api.anthropic.com", upstream)
                // TrueFoundry's file names no address.
                .replace(
                    "    type: anthropic\n",
                    "    type: anthropic\n    base_url: " + upstream + "\n")
                .replace("0".repeat(64), hash));
      }
    }
    return to;
  }
}
