package dev.ash.node.model;

import dev.ash.config.ProviderConfig;
import dev.ash.config.UpstreamConfig;
import dev.ash.config.UpstreamConfig.Network;
import dev.ash.node.model.Headers.Line;
import java.io.IOException;
import java.net.Authenticator;
import java.net.InetSocketAddress;
import java.net.PasswordAuthentication;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.SocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.net.http.HttpClient;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** A model server or gateway: how it is reached, and which calls it takes. */
final class Upstream implements AutoCloseable {
  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(10);

  private final UpstreamConfig config;
  private final List<Pattern> models;
  private final Optional<TlsProxy> tlsProxy;
  private final HttpClient client;
  private final Headers headers;
  private final Provider provider;

  Upstream(UpstreamConfig config, SecretStores stores, Executor threads) throws IOException {
    this.config = config;
    this.models = config.models().stream().map(Patterns::of).toList();
    this.headers = new Headers(config);
    this.tlsProxy = tlsProxy(config.network(), threads);
    this.client = client(config.network(), threads);
    this.provider = provider(stores, threads);
  }

  private Provider provider(SecretStores stores, Executor threads) {
    var custom = new CustomHeaders(config.customHeaders(), stores, client);
    return switch (config.provider()) {
      case ProviderConfig.Anthropic() ->
          new AnthropicApi(
              config.baseUrl(),
              headers,
              custom,
              new Credentials(config.credential(), stores, client));
      case ProviderConfig.Bedrock bedrock ->
          new Bedrock(bedrock, config.baseUrl(), headers, custom, stores.awsCredentials(), threads);
      case ProviderConfig.Vertex vertex ->
          new Vertex(
              vertex,
              config.baseUrl(),
              headers,
              custom,
              new GoogleToken(vertex.credentialsFile(), config.baseUrl(), client, threads));
    };
  }

  private static Optional<TlsProxy> tlsProxy(Network network, Executor threads) throws IOException {
    var proxy = network.proxy().filter(url -> "https".equals(url.getScheme()));
    return proxy.isEmpty()
        ? Optional.empty()
        : Optional.of(new TlsProxy(proxy.get(), Pem.context(network), threads));
  }

  private HttpClient client(Network network, Executor threads) throws IOException {
    var builder =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .followRedirects(HttpClient.Redirect.NEVER)
            .connectTimeout(CONNECT_TIMEOUT)
            .executor(threads);
    if (network.caFile().isPresent() || network.certFile().isPresent()) {
      builder.sslContext(Pem.context(network));
    }
    network
        .proxy()
        .ifPresent(
            proxy -> {
              var to = tlsProxy.map(TlsProxy::url).orElse(proxy);
              builder.proxy(new ByHost(to, network.noProxy()));
              if (to.getRawUserInfo() != null) {
                builder.authenticator(new ForProxy(to.getRawUserInfo()));
              }
            });
    return builder.build();
  }

  String name() {
    return config.name();
  }

  /** Whose interface it has. */
  String kind() {
    return config.provider().kind();
  }

  HttpClient client() {
    return client;
  }

  Headers headers() {
    return headers;
  }

  /** As it is named to the agent. */
  String host() {
    var base = config.baseUrl();
    return base.getPort() < 0 ? base.getHost() : base.getHost() + ":" + base.getPort();
  }

  Provider provider() {
    return provider;
  }

  boolean takes(String model, List<Line> sent) {
    return (models.isEmpty() || models.stream().anyMatch(m -> m.matcher(model).matches()))
        && config
            .whenHeader()
            .map(
                wanted ->
                    sent.stream()
                        .anyMatch(
                            line ->
                                line.name().equalsIgnoreCase(wanted.name())
                                    && line.value().equalsIgnoreCase(wanted.value())))
            .orElse(true);
  }

  @Override
  public void close() {
    client.shutdownNow();
    tlsProxy.ifPresent(TlsProxy::close);
  }

  /** Sends everything over one proxy but what is named. */
  private static final class ByHost extends ProxySelector {
    private static final List<Proxy> DIRECT = List.of(Proxy.NO_PROXY);
    private final List<Proxy> proxy;
    private final List<String> direct;

    ByHost(URI proxy, List<String> direct) {
      var port = proxy.getPort() < 0 ? 80 : proxy.getPort();
      this.proxy =
          List.of(
              new Proxy(
                  Proxy.Type.HTTP, InetSocketAddress.createUnresolved(proxy.getHost(), port)));
      this.direct = direct.stream().map(h -> h.toLowerCase(Locale.ROOT)).toList();
    }

    @Override
    public List<Proxy> select(URI uri) {
      var host = uri.getHost().toLowerCase(Locale.ROOT);
      var named =
          direct.stream()
              .anyMatch(
                  d -> d.startsWith(".") ? host.endsWith(d) : host.equals(d) || d.equals("*"));
      return named ? DIRECT : proxy;
    }

    @Override
    public void connectFailed(URI uri, SocketAddress address, IOException failure) {
      // The caller is told by its own call.
    }
  }

  /** Answers a proxy and nobody else. */
  private static final class ForProxy extends Authenticator {
    private final PasswordAuthentication credential;

    ForProxy(String userInfo) {
      var colon = userInfo.indexOf(':');
      var user = colon < 0 ? userInfo : userInfo.substring(0, colon);
      var password = colon < 0 ? "" : userInfo.substring(colon + 1);
      credential = new PasswordAuthentication(decoded(user), decoded(password).toCharArray());
    }

    private static String decoded(String text) {
      return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    }

    @Override
    protected @Nullable PasswordAuthentication getPasswordAuthentication() {
      return getRequestorType() == RequestorType.PROXY ? credential : null;
    }
  }
}
