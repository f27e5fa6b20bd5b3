package dev.ash.config;

import com.typesafe.config.Config;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A model server or gateway.
 *
 * @param baseUrl without a trailing slash and without a trailing {@code /v1}
 * @param customHeaders added to every call, in the order they were written
 * @param models patterns with {@code *}; empty takes every model
 * @param whenHeader the call must have this header
 */
public record UpstreamConfig(
    String name,
    URI baseUrl,
    CredentialConfig credential,
    Map<String, SecretConfig> customHeaders,
    List<String> models,
    Optional<Header> whenHeader,
    Network network,
    ProviderConfig provider) {

  private static final String GIVEN = "ASH_SANDBOX_CREDENTIALS";
  private static final Set<String> KEYS =
      Set.of(
          "name",
          "provider",
          "region",
          "project",
          "google-credentials-file",
          "models-map",
          "betas",
          "base-url",
          "api-key",
          "api-key-file",
          "auth-token",
          "auth-token-file",
          "token-url",
          "client-id",
          "client-secret",
          "client-secret-file",
          "scope",
          "custom-headers",
          "models",
          "when-header",
          "ca-file",
          "client-cert-file",
          "client-key-file",
          "proxy",
          "no-proxy");

  /** A header's name and value. */
  public record Header(String name, String value) {}

  /**
   * How it is reached.
   *
   * @param caFile PEM certificates that are trusted beside those of the JDK
   * @param certFile PEM chain that the node shows
   * @param keyFile its key, PKCS#8 in PEM
   * @param proxy HTTP proxy, with user and password if it wants them; {@code https} where it wants
   *     TLS itself
   * @param noProxy hosts that are reached without the proxy; {@code .example.org} means all below
   */
  public record Network(
      Optional<Path> caFile,
      Optional<Path> certFile,
      Optional<Path> keyFile,
      Optional<URI> proxy,
      List<String> noProxy) {
    private static final String PROXY =
        "http://[user:password@]host:port, or https:// where the proxy wants TLS";
    public static final Network PLAIN =
        new Network(
            Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), List.of());

    public Network {
      noProxy = List.copyOf(noProxy);
      Require.that(
          certFile.isPresent() == keyFile.isPresent(),
          "ASH_MODEL_CLIENT_CERT_FILE and ASH_MODEL_CLIENT_KEY_FILE",
          "only one of them",
          "both or none");
    }

    static Network from(Config c) {
      return new Network(
          text(c, "ca-file").map(Path::of),
          text(c, "client-cert-file").map(Path::of),
          text(c, "client-key-file").map(Path::of),
          text(c, "proxy").map(Network::proxyUrl),
          text(c, "no-proxy").map(Lists::commaSeparated).orElse(List.of()));
    }

    private static URI proxyUrl(String text) {
      // The value may hold a password, so it is not repeated.
      try {
        var url = new URI(text.contains("://") ? text : "http://" + text);
        Require.that(
            ("http".equals(url.getScheme()) || "https".equals(url.getScheme()))
                && url.getHost() != null,
            "ASH_MODEL_PROXY",
            "another form",
            PROXY);
        return url;
      } catch (URISyntaxException _) {
        throw new InvalidConfigException("ASH_MODEL_PROXY: no URL (expected: " + PROXY + ")");
      }
    }
  }

  public UpstreamConfig {
    customHeaders = Collections.unmodifiableMap(new LinkedHashMap<>(customHeaders));
    models = List.copyOf(models);
    Require.that(
        ("http".equals(baseUrl.getScheme()) || "https".equals(baseUrl.getScheme()))
            && baseUrl.getHost() != null,
        "ANTHROPIC_BASE_URL",
        baseUrl,
        "an http or https URL");
    Require.that(
        "https".equals(baseUrl.getScheme())
            || network.proxy().filter(proxy -> "https".equals(proxy.getScheme())).isEmpty(),
        "ASH_MODEL_PROXY",
        "https:// with an http model server",
        "an https model server: such a proxy is used for tunnels only");
    Require.that(
        name.matches("[A-Za-z0-9._-]{1,64}"), "ash.model.upstreams.name", name, "a short name");
    Require.that(
        provider instanceof ProviderConfig.Anthropic || credential.equals(CredentialConfig.NONE),
        "ASH_MODEL_PROVIDER",
        (provider instanceof ProviderConfig.Vertex ? "vertex" : "bedrock")
            + ", and a key, token or ASH_MODEL_TOKEN_URL is set too",
        "only one of them: a cloud's credentials are found as its own programs find them");
  }

  /** The upstream that the environment names; it takes what no other one takes. */
  static UpstreamConfig main(Config c, AwsConfig aws) {
    return read("main", c, List.of(), Optional.empty(), ProviderConfig.from(c, aws));
  }

  static UpstreamConfig from(Config c, AwsConfig aws) {
    var unknown = c.root().keySet().stream().filter(key -> !KEYS.contains(key)).sorted().toList();
    Require.that(unknown.isEmpty(), "ash.model.upstreams", unknown, "only " + KEYS);
    var provider = ProviderConfig.from(c, aws);
    Require.that(
        !(provider instanceof ProviderConfig.Anthropic) || text(c, "base-url").isPresent(),
        "ash.model.upstreams.base-url",
        "not set",
        "an http or https URL");
    return read(
        c.getString("name"),
        c,
        text(c, "models").map(Lists::commaSeparated).orElse(List.of()),
        text(c, "when-header").map(UpstreamConfig::header),
        provider);
  }

  /** Refuses what programs in a sandbox cannot be given in their environment. */
  void requireGivable() {
    var expected = "proxy: the node alone can show this credential";
    Require.that(
        provider instanceof ProviderConfig.Anthropic,
        GIVEN,
        "env with an ASH_MODEL_PROVIDER that is not anthropic",
        expected);
    Require.that(credential.oauth().isEmpty(), GIVEN, "env with ASH_MODEL_TOKEN_URL", expected);
    Require.that(
        network.certFile().isEmpty(), GIVEN, "env with ASH_MODEL_CLIENT_CERT_FILE", expected);
    Require.that(
        baseUrl.getRawUserInfo() == null,
        GIVEN,
        "env with a user in ANTHROPIC_BASE_URL",
        "a key or a token instead");
  }

  private static Header header(String text) {
    var colon = text.indexOf(':');
    Require.that(colon > 0, "ash.model.upstreams.when-header", text, "Name: value");
    return new Header(text.substring(0, colon).strip(), text.substring(colon + 1).strip());
  }

  private static UpstreamConfig read(
      String name,
      Config c,
      List<String> models,
      Optional<Header> whenHeader,
      ProviderConfig provider) {
    return new UpstreamConfig(
        name,
        text(c, "base-url").map(UpstreamConfig::base).orElseGet(provider::usualUrl),
        CredentialConfig.from(c),
        ModelConfig.headers(text(c, "custom-headers").orElse("")),
        models,
        whenHeader,
        Network.from(c),
        provider);
  }

  private static Optional<String> text(Config c, String key) {
    return c.hasPath(key)
        ? Optional.of(c.getString(key)).filter(s -> !s.isEmpty())
        : Optional.empty();
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
}
