package dev.ash.gateway.dialect;

import dev.ash.gateway.config.ConfigException;
import dev.ash.gateway.config.Expansion;
import dev.ash.gateway.config.Findings;
import dev.ash.gateway.config.Findings.Kind;
import dev.ash.gateway.config.GatewayConfig;
import dev.ash.gateway.config.GatewayConfig.Access;
import dev.ash.gateway.config.GatewayConfig.Addresses;
import dev.ash.gateway.config.GatewayConfig.Allowance;
import dev.ash.gateway.config.GatewayConfig.Consumer;
import dev.ash.gateway.config.GatewayConfig.ConsumerKey;
import dev.ash.gateway.config.GatewayConfig.Credential;
import dev.ash.gateway.config.GatewayConfig.HeaderRule;
import dev.ash.gateway.config.GatewayConfig.HeaderValue;
import dev.ash.gateway.config.GatewayConfig.Listen;
import dev.ash.gateway.config.GatewayConfig.Quota;
import dev.ash.gateway.config.GatewayConfig.Route;
import dev.ash.gateway.config.GatewayConfig.Timeouts;
import dev.ash.gateway.config.GatewayConfig.Upstream;
import dev.ash.gateway.config.Parts;
import dev.ash.gateway.config.Secret;
import dev.ash.gateway.config.SharedLimits;
import dev.ash.gateway.server.Hashes;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What a dialect has gathered so far; in the end a whole configuration. */
final class Draft {
  private static final Set<String> CREDENTIALS = Set.of("authorization", "x-api-key");

  final Expansion expansion;
  final Findings findings;
  private final List<HeaderRule> headers = new ArrayList<>(Parts.defaultHeaders());
  private final List<Quota> quotas = new ArrayList<>();
  private final List<Consumer> consumers = new ArrayList<>();
  private OptionalLong tokensPerMinute = OptionalLong.empty();
  private List<String> models = List.of();
  private @Nullable URI url;
  private @Nullable Credential credential;
  private boolean keyed;
  private String basePath = "";
  private Timeouts timeouts = Parts.timeouts();
  private @Nullable SharedLimits shared;

  Draft(Expansion expansion, Findings findings) {
    this.expansion = expansion;
    this.findings = findings;
  }

  void upstream(String where, String address) throws ConfigException {
    url = Parts.url(where, expansion.expand(where, address));
  }

  /** The path before {@code /v1}. */
  void base(String path) {
    basePath = path.replaceFirst("/+$", "").replaceFirst("/v1(/messages)?$", "");
  }

  /** Callers need a key, wherever the keys are kept. */
  void keyed() {
    keyed = true;
  }

  void quota(int requests, Duration window) {
    quotas.add(new Quota(requests, window));
  }

  void tokensPerMinute(long tokens) {
    tokensPerMinute = OptionalLong.of(tokens);
  }

  void models(List<String> names) {
    models = List.copyOf(names);
  }

  void timeouts(Optional<Duration> connect, Optional<Duration> read) {
    timeouts =
        new Timeouts(
            connect.orElse(timeouts.connect()),
            read.orElse(timeouts.firstByte()),
            read.orElse(timeouts.silence()),
            timeouts.idle());
    if (read.filter(t -> t.compareTo(Duration.ofSeconds(60)) < 0).isPresent()) {
      findings.add(
          Kind.NOTE,
          "time-out",
          read.get().toSeconds() + " s is too short for Claude Code (at least 60 s, better 600 s)");
    }
  }

  /** Limits are counted together with other gateways, all of them in one place. */
  void share(String where, SharedLimits place) {
    if (shared == null) {
      shared = place;
    } else if (!shared.equals(place)) {
      findings.add(
          Kind.NOT_OFFERED, where, "all limits are counted in one Redis: " + shared.address());
    }
  }

  /** A key that stands in the file; only its hash is kept. */
  void consumer(String name, List<String> keys, Allowance allowance) throws ConfigException {
    var hashes = new Hashes(Optional.empty());
    var kept = new ArrayList<ConsumerKey>();
    for (var key : keys) {
      var where = "consumer " + name;
      kept.add(new ConsumerKey(hashes.hash(expansion.expand(where, key)), Optional.empty()));
    }
    consumers.add(new Consumer(name, kept, List.of(), allowance));
  }

  /** A header that goes upstream with this value, whatever the client said. */
  void set(String where, String name, String value) throws ConfigException {
    if (isOfConnection(where, name)) {
      return;
    }
    var text = Parts.headerValue(where, expansion.expand(where, value));
    if (CREDENTIALS.contains(name.toLowerCase(Locale.ROOT))) {
      credential = new Credential(name.toLowerCase(Locale.ROOT), new Secret(text));
    } else {
      headers.add(Parts.setting(where, HeaderRule.Action.SET, name, text));
    }
  }

  /** A header that is only set where the client sent none. */
  void addIfAbsent(String where, String name, String value, boolean removedBefore)
      throws ConfigException {
    if (CREDENTIALS.contains(name.toLowerCase(Locale.ROOT))) {
      if (!removedBefore) {
        findings.add(
            Kind.WRONG_AT_VENDOR,
            where,
            "adds only where the client sent none, so the client's own "
                + name
                + " would reach the upstream; here it is replaced");
      }
      set(where, name, value);
      return;
    }
    if (!isOfConnection(where, name)) {
      headers.add(
          Parts.setting(where, HeaderRule.Action.DEFAULT, name, expansion.expand(where, value)));
    }
  }

  private boolean isOfConnection(String where, String name) {
    if (Parts.isOfConnection(name)) {
      findings.add(
          Kind.NOT_OFFERED, where, name + ": the connection to the upstream says it itself here");
      return true;
    }
    return false;
  }

  void copy(String where, String name, String from) throws ConfigException {
    if (CREDENTIALS.contains(name.toLowerCase(Locale.ROOT))) {
      findings.add(
          Kind.WRONG_AT_VENDOR, where, "hands the client's credential on; here it never leaves");
      return;
    }
    if (isOfConnection(where, name)) {
      return;
    }
    headers.add(
        new HeaderRule(
            HeaderRule.Action.SET,
            Parts.headerName(where, name),
            new HeaderValue.FromRequest(Parts.headerName(where, from))));
  }

  void remove(String where, String name) throws ConfigException {
    headers.add(Parts.removing(Parts.headerName(where, name)));
  }

  void note(Kind kind, String where, String text) {
    findings.add(kind, where, text);
  }

  /**
   * The whole. Without consumers of its own, a file that asks for keys gets a nameless one without
   * keys, which carries its limits until {@code --consumers} says who there is.
   */
  GatewayConfig done(String product) throws ConfigException {
    if (url == null) {
      throw new ConfigException(product, "no upstream", "an address to forward to");
    }
    if (credential == null) {
      findings.add(
          Kind.NOTE,
          product,
          "sets no provider credential (x-api-key or Authorization); upstream sees none");
    }
    var allowance = new Allowance(quotas, tokensPerMinute, models);
    var all = new ArrayList<Consumer>();
    for (var consumer : consumers) {
      all.add(
          consumer.allowance().equals(Allowance.unlimited())
              ? new Consumer(consumer.name(), consumer.keys(), List.of(), allowance)
              : consumer);
    }
    if (all.isEmpty()) {
      all.add(new Consumer("default", List.of(), List.of(), allowance));
      findings.add(
          Kind.NOTE,
          product,
          keyed
              ? "keys are not in this file; say who may call with --consumers"
              : "asks for no key; whoever reaches it may call");
    }
    return new GatewayConfig(
        new Listen("127.0.0.1", 0, basePath, Optional.empty(), Optional.empty()),
        List.of(
            new Upstream(
                "upstream",
                url,
                Optional.ofNullable(credential),
                Map.of(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty())),
        List.of(new Route(Optional.empty(), Optional.empty(), List.of("upstream"))),
        new Access(
            !keyed && consumers.isEmpty(),
            Optional.empty(),
            all,
            Optional.empty(),
            Optional.empty(),
            Addresses.all()),
        headers,
        shared == null ? Parts.limits() : Parts.limits().sharing(shared),
        timeouts,
        Parts.auditToStdout(),
        Parts.prices(),
        GatewayConfig.Admin.usual());
  }
}
