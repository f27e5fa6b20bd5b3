package dev.ash.scriptedmodel;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a scripted model asks for when it is told to. */
final class RequiredHeadersTest {
  private final HttpClient http = HttpClient.newHttpClient();

  @AfterEach
  void stop() {
    http.shutdownNow();
  }

  @Test
  void asksForTheKey() throws Exception {
    try (var strict = ScriptedModel.start(ScriptedModel.Options.onPort(0).requiringKey("k"))) {
      assertThat(get(strict).statusCode()).isEqualTo(401);
      assertThat(get(strict, "x-api-key", "no").statusCode()).isEqualTo(401);
      assertThat(get(strict, "x-api-key", "k").statusCode()).isEqualTo(200);
      assertThat(get(strict, "authorization", "Bearer k").statusCode()).isEqualTo(200);
      assertThat(strict.calls().getLast().header("authorization")).contains("Bearer k");
    }
  }

  @Test
  void asksForTheVersion() throws Exception {
    try (var strict = ScriptedModel.start(ScriptedModel.Options.onPort(0).requiringVersion())) {
      var without = get(strict);

      assertThat(without.statusCode()).isEqualTo(400);
      assertThat(without.body())
          .startsWith(
              "{\"type\":\"error\",\"error\":{\"type\":\"invalid_request_error\","
                  + "\"message\":\"Missing required header: anthropic-version\"}");
      assertThat(get(strict, "anthropic-version", "2023-06-01").statusCode()).isEqualTo(200);
    }
  }

  private HttpResponse<String> get(ScriptedModel model, String... header)
      throws IOException, InterruptedException {
    var request = HttpRequest.newBuilder(URI.create(model.url() + "/v1/models"));
    if (header.length > 0) {
      request.headers(header);
    }
    return http.send(request.build(), BodyHandlers.ofString());
  }
}
