package dev.ash.config;

import com.typesafe.config.Config;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The {@code ash.model} section: where model calls go and what is added to them outside the
 * sandbox.
 *
 * @param baseUrl without a trailing slash and without a trailing {@code /v1}
 * @param customHeaders added to every call, in the order they were written
 */
public record ModelConfig(
    URI baseUrl,
    Optional<Secret> apiKey,
    Optional<Secret> authToken,
    Map<String, Secret> customHeaders,
    Duration callTimeout) {

  public ModelConfig {
    customHeaders = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(customHeaders));
    Require.that(
        "http".equals(baseUrl.getScheme()) || "https".equals(baseUrl.getScheme()),
        "ANTHROPIC_BASE_URL",
        baseUrl,
        "an http or https URL");
  }

  static ModelConfig from(Config c) {
    return new ModelConfig(
        base(c.getString("base-url")),
        AuthConfig.secret(c, "api-key"),
        AuthConfig.secret(c, "auth-token"),
        headers(c.getString("custom-headers")),
        c.getDuration("call-timeout"));
  }

  private static URI base(String text) {
    var url = text.replaceAll("/+$", "");
    try {
      return new URI(url.endsWith("/v1") ? url.substring(0, url.length() - 3) : url);
    } catch (URISyntaxException e) {
      throw new InvalidConfigException(
          "ANTHROPIC_BASE_URL: " + text + " (expected: an http or https URL)");
    }
  }

  /** One header a line, or several in a line: a comma separates only before {@code name:}. */
  static Map<String, Secret> headers(String text) {
    var headers = new LinkedHashMap<String, Secret>();
    for (var line : text.split("\\R|,(?=\\s*[!#$%&'*+.^_`|~0-9A-Za-z-]+\\s*:)", -1)) {
      if (line.isBlank()) {
        continue;
      }
      var colon = line.indexOf(':');
      var name = colon < 0 ? "" : line.substring(0, colon).strip();
      Require.that(
          name.matches("[!#$%&'*+.^_`|~0-9A-Za-z-]+"),
          "ANTHROPIC_CUSTOM_HEADERS",
          colon < 0 ? "a part without a colon" : "name \"" + name + "\"",
          "Name: value, one a line");
      headers.put(name, new Secret(line.substring(colon + 1).strip()));
    }
    return headers;
  }
}
