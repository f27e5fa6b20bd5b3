package dev.ash.gateway.config;

import dev.ash.config.PriceConfig;
import dev.ash.config.ProviderConfig;
import dev.ash.gateway.tls.Pem;
import dev.ash.gateway.tls.Revocation;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/**
 * Everything a gateway of ours does.
 *
 * @param routes tried in order; the first that matches names the upstreams, in the order of
 *     failover
 * @param prices the first that matches a model counts; one without a price has no known cost
 */
public record GatewayConfig(
    Listen listen,
    List<Upstream> upstreams,
    List<Route> routes,
    Access access,
    List<HeaderRule> headers,
    Limits limits,
    Timeouts timeouts,
    Audit audit,
    List<PriceConfig> prices,
    Admin admin) {

  public GatewayConfig {
    upstreams = List.copyOf(upstreams);
    routes = List.copyOf(routes);
    headers = List.copyOf(headers);
    prices = List.copyOf(prices);
  }

  /**
   * Where the gateway listens.
   *
   * @param basePath what stands before {@code /v1}, without a slash at its end
   * @param publicUrl what callers call it, where that is not the rest: behind a balancer, say
   */
  public record Listen(
      String host, int port, String basePath, Optional<Tls> tls, Optional<URI> publicUrl) {
    private static final Set<String> EVERY_ADDRESS = Set.of("0.0.0.0", "::", "[::]", "");

    public Listen on(String otherHost, int otherPort) {
      return new Listen(otherHost, otherPort, basePath, tls, publicUrl);
    }

    /** What callers call it; empty where only the running gateway, or nobody here, can know. */
    public Optional<String> address() {
      if (publicUrl.isPresent()) {
        return publicUrl.map(URI::toString);
      }
      if (port == 0 || EVERY_ADDRESS.contains(host)) {
        return Optional.empty();
      }
      var name = host.contains(":") && !host.startsWith("[") ? "[" + host + "]" : host;
      return Optional.of(
          (tls.isPresent() ? "https" : "http") + "://" + name + ":" + port + basePath);
    }
  }

  /**
   * The listener's TLS.
   *
   * @param clientAuthorities a client needs a certificate of theirs
   * @param revocation how it becomes known which of these are not good any more
   */
  public record Tls(
      Pem.Identity identity, Optional<Path> clientAuthorities, Revocation revocation) {}

  /**
   * Who answers: the provider, or another gateway.
   *
   * @param vertex what Google's Vertex AI needs, where it is that
   */
  public record Upstream(
      String name,
      URI url,
      Optional<Credential> credential,
      Map<String, String> headers,
      Optional<Path> authorities,
      Optional<Pem.Identity> identity,
      Optional<ProviderConfig.Vertex> vertex) {
    public Upstream {
      headers = Map.copyOf(headers);
    }
  }

  /** The one header that stands in place of everything the client said about itself. */
  public record Credential(String header, Secret value) {}

  /** Which upstreams get a call; an absent condition is always met. */
  public record Route(
      Optional<HeaderMatch> header, Optional<String> model, List<String> upstreams) {
    public Route {
      upstreams = List.copyOf(upstreams);
    }
  }

  public record HeaderMatch(String name, String value) {}

  /**
   * Who may call.
   *
   * @param open lets everybody in, as one consumer
   * @param pepper makes the keys' hashes HMAC-SHA-256 with it, and plain SHA-256 without
   * @param oauth lets in whoever has a token of an issuer
   * @param keyStore has keys beside those of the consumers
   * @param addresses from where, whatever the key
   */
  public record Access(
      boolean open,
      Optional<Secret> pepper,
      List<Consumer> consumers,
      Optional<OAuth> oauth,
      Optional<KeyStore> keyStore,
      Addresses addresses) {
    public Access {
      consumers = List.copyOf(consumers);
    }

    /** The same callers, from other addresses. */
    public Access from(Addresses others) {
      return new Access(open, pepper, consumers, oauth, keyStore, others);
    }

    /** Whether anybody can be let in at all. */
    public boolean admitsSomebody() {
      return open || !consumers.isEmpty() || oauth.isPresent() || keyStore.isPresent();
    }
  }

  /**
   * From where one may call.
   *
   * @param allowFrom the only ones; all where empty
   * @param denyFrom never, even if allowed
   * @param trustedProxies are believed about whom they were called by
   */
  public record Addresses(Networks allowFrom, Networks denyFrom, Networks trustedProxies) {
    public static Addresses all() {
      return new Addresses(Networks.none(), Networks.none(), Networks.none());
    }

    public boolean isEmpty() {
      return allowFrom.isEmpty() && denyFrom.isEmpty() && trustedProxies.isEmpty();
    }
  }

  /**
   * Keys that are made and revoked while the gateway serves.
   *
   * @param file where they are, hashed
   * @param administrators who may do so over HTTP; nobody where empty
   * @param allowance of those who are not in {@code consumers}
   */
  public record KeyStore(Path file, List<Administrator> administrators, Allowance allowance) {
    public KeyStore {
      administrators = List.copyOf(administrators);
    }
  }

  /** Somebody who may change the key store over HTTP. */
  public record Administrator(String name, ConsumerKey key) {}

  /**
   * Tokens (JWT) that are taken besides keys.
   *
   * @param audiences one of them has to be in the token
   * @param jwksUrl where the issuer's keys are; its discovery document says so where empty
   * @param writeScope what POST needs
   * @param readScope what GET needs
   * @param consumerClaim names the consumer; its limits are those of {@code consumers}, or else the
   *     allowance
   * @param authorities for the issuer's TLS
   * @param keysKept until the issuer's keys are read anew, known key ids or not
   */
  public record OAuth(
      String issuer,
      List<String> audiences,
      Optional<URI> jwksUrl,
      String writeScope,
      String readScope,
      String consumerClaim,
      Optional<Path> authorities,
      Duration keysKept,
      Allowance allowance) {
    public OAuth {
      audiences = List.copyOf(audiences);
    }

    /** The same with other limits. */
    public OAuth allowing(Allowance other) {
      return new OAuth(
          issuer,
          audiences,
          jwksUrl,
          writeScope,
          readScope,
          consumerClaim,
          authorities,
          keysKept,
          other);
    }
  }

  /**
   * A caller that is counted and limited for itself.
   *
   * @param certificates names of client certificates that are known by themselves, without a key
   */
  public record Consumer(
      String name,
      List<ConsumerKey> keys,
      List<CertificateName> certificates,
      Allowance allowance) {
    public Consumer {
      keys = List.copyOf(keys);
      certificates = List.copyOf(certificates);
    }
  }

  /** The hash of a key, in lower-case hex. */
  public record ConsumerKey(String hash, Optional<Instant> expires) {}

  /** What a consumer may use; no quota means no limit, no models means all. */
  public record Allowance(List<Quota> quotas, OptionalLong tokensPerMinute, List<String> models) {
    public Allowance {
      quotas = List.copyOf(quotas);
      models = List.copyOf(models);
    }

    public static Allowance unlimited() {
      return new Allowance(List.of(), OptionalLong.empty(), List.of());
    }
  }

  /** So many requests in any stretch of time of this length. */
  public record Quota(int requests, Duration window) {}

  /** A change to the headers that go upstream. */
  public record HeaderRule(Action action, String name, HeaderValue value) {
    public enum Action {
      /** Only where the client said nothing. */
      DEFAULT,
      SET,
      REMOVE
    }
  }

  /** Where a header's value comes from. */
  public sealed interface HeaderValue {
    record Constant(String text) implements HeaderValue {}

    /** The client's header of this name; without it the rule does nothing. */
    record FromRequest(String name) implements HeaderValue {}
  }

  /**
   * Bounds of the machine.
   *
   * @param countTokens asks upstream for uncompressed answers and reads their usage
   * @param shared where gateways count their callers together; each by itself where empty
   */
  public record Limits(
      int requestBytes,
      int concurrent,
      int badKeysPerMinute,
      boolean countTokens,
      Optional<Secret> metricsToken,
      Optional<SharedLimits> shared) {
    /** The same, counted together with others. */
    public Limits sharing(SharedLimits where) {
      return new Limits(
          requestBytes,
          concurrent,
          badKeysPerMinute,
          countTokens,
          metricsToken,
          Optional.of(where));
    }
  }

  /**
   * How long to wait.
   *
   * @param firstByte from the request's end to the answer's head
   * @param silence between two parts of an answer
   * @param idle between two requests of a connection, and for a client that does not read
   */
  public record Timeouts(Duration connect, Duration firstByte, Duration silence, Duration idle) {}

  /**
   * The audit log.
   *
   * @param file where it goes; standard output where empty
   * @param key signs its lines, so that whoever can write the file cannot forge them
   */
  public record Audit(Optional<Path> file, Optional<Secret> key, OnFailure onFailure) {
    /** What happens to calls while no line can be written. */
    public enum OnFailure {
      CONTINUE,
      /** They are answered 503. */
      REFUSE
    }
  }

  /**
   * What operators are shown, beside {@code /api/keys} and {@code /api/usage}.
   *
   * @param pages {@code /usage} and {@code /admin}, where there are administrators
   * @param listen where consumers and keys are changed as at Kong
   */
  public record Admin(boolean pages, Optional<AdminListen> listen) {
    public static Admin usual() {
      return new Admin(true, Optional.empty());
    }
  }

  /**
   * A listener of its own.
   *
   * @param open asks nobody for a key; only where nobody else reaches it
   */
  public record AdminListen(String host, int port, boolean open) {}

  /** Models that it names in full. */
  public Set<String> modelNames() {
    var named = new HashSet<String>();
    routes.forEach(route -> route.model().ifPresent(named::add));
    prices.forEach(price -> named.add(price.model()));
    access.consumers().forEach(one -> named.addAll(one.allowance().models()));
    access.oauth().ifPresent(oauth -> named.addAll(oauth.allowance().models()));
    access.keyStore().ifPresent(store -> named.addAll(store.allowance().models()));
    named.removeIf(name -> name.contains("*"));
    return named;
  }

  public GatewayConfig listeningOn(String host, int port) {
    return new GatewayConfig(
        listen.on(host, port),
        upstreams,
        routes,
        access,
        headers,
        limits,
        timeouts,
        audit,
        prices,
        admin);
  }

  /** The same with the admin API elsewhere, or nowhere. */
  public GatewayConfig administeredOn(Optional<AdminListen> other) {
    return new GatewayConfig(
        listen,
        upstreams,
        routes,
        access,
        headers,
        limits,
        timeouts,
        audit,
        prices,
        new Admin(admin.pages(), other));
  }

  public GatewayConfig with(Access other) {
    return new GatewayConfig(
        listen, upstreams, routes, other, headers, limits, timeouts, audit, prices, admin);
  }
}
