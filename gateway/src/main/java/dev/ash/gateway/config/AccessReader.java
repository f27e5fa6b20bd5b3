package dev.ash.gateway.config;

import dev.ash.gateway.config.GatewayConfig.Access;
import dev.ash.gateway.config.GatewayConfig.Addresses;
import dev.ash.gateway.config.GatewayConfig.Administrator;
import dev.ash.gateway.config.GatewayConfig.Allowance;
import dev.ash.gateway.config.GatewayConfig.Consumer;
import dev.ash.gateway.config.GatewayConfig.ConsumerKey;
import dev.ash.gateway.config.GatewayConfig.KeyStore;
import dev.ash.gateway.config.GatewayConfig.OAuth;
import dev.ash.gateway.config.GatewayConfig.Quota;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** The part of our format that says who may call: by keys, and by an issuer's tokens. */
final class AccessReader {
  private static final int DAY = 86_400;
  private final Expansion expansion;
  private final Path folder;

  AccessReader(Expansion expansion, Path folder) {
    this.expansion = expansion;
    this.folder = folder;
  }

  Access read(Fields root) throws ConfigException {
    var access = root.at("access");
    var open = access.flag("open", false);
    var pepper = access.text("pepper");
    var addresses =
        new Addresses(
            networks(access, "allowFrom"),
            networks(access, "denyFrom"),
            networks(access, "trustedProxies"));
    access.nothingElse();
    var consumers = new ArrayList<Consumer>();
    for (var one : root.each("consumers")) {
      consumers.add(consumer(one));
    }
    var names = new HashSet<String>();
    var certificates = new HashSet<CertificateName>();
    for (var consumer : consumers) {
      for (var certificate : consumer.certificates()) {
        if (!certificates.add(certificate)) {
          throw new ConfigException("consumers", certificate, "each certificate's name once");
        }
      }
      if (!names.add(consumer.name())) {
        throw new ConfigException("consumers", consumer.name(), "each name once");
      }
    }
    var oauth = root.has("oauth") ? Optional.of(oauth(root.at("oauth"))) : Optional.<OAuth>empty();
    var store =
        root.has("keyStore")
            ? Optional.of(keyStore(root.at("keyStore")))
            : Optional.<KeyStore>empty();
    if (store.isPresent()) {
      mustNotShareKeys(store.get(), consumers);
    }
    if (open && !(consumers.isEmpty() && oauth.isEmpty() && store.isEmpty())) {
      throw new ConfigException(
          "access.open", true, "false when there are consumers, an oauth section or a keyStore");
    }
    return new Access(
        open,
        pepper.isPresent()
            ? Optional.of(
                new Secret(
                    Parts.headerValue(
                        "access.pepper", expansion.expand("access.pepper", pepper.get()))))
            : Optional.empty(),
        consumers,
        oauth,
        store,
        addresses);
  }

  /** A caller's key must not change keys, whoever wrote it into the wrong place. */
  private static void mustNotShareKeys(KeyStore store, List<Consumer> consumers)
      throws ConfigException {
    var theirs = new HashSet<String>();
    for (var consumer : consumers) {
      consumer.keys().forEach(key -> theirs.add(key.hash()));
    }
    for (var administrator : store.administrators()) {
      if (theirs.contains(administrator.key().hash())) {
        throw new ConfigException(
            "keyStore.administrators",
            administrator.name() + " with a consumer's hash",
            "a key of its own; see: ash gateway key");
      }
    }
  }

  private static Networks networks(Fields at, String name) throws ConfigException {
    return Networks.of(at.path(name), at.texts(name));
  }

  private Consumer consumer(Fields at) throws ConfigException {
    var keys = new ArrayList<ConsumerKey>();
    for (var key : at.each("keys")) {
      keys.add(key(key));
      key.nothingElse();
    }
    var certificates = new ArrayList<CertificateName>();
    for (var name : at.texts("certificates")) {
      certificates.add(CertificateName.of(at.path("certificates"), name));
    }
    var consumer =
        new Consumer(
            ConsumerNames.free(at.path("name"), at.need("name", "a name")),
            keys,
            certificates,
            allowance(at));
    at.nothingElse();
    return consumer;
  }

  private static ConsumerKey key(Fields at) throws ConfigException {
    var hash = at.need("hash", "64 hex digits; see: ash gateway key");
    if (!hash.matches("[0-9a-f]{64}")) {
      throw new ConfigException(
          at.path("hash"), "no hash", "64 lower-case hex digits; see: ash gateway key");
    }
    var expires = at.text("expires");
    return new ConsumerKey(
        hash,
        expires.isPresent()
            ? Optional.of(instant(at.path("expires"), expires.get()))
            : Optional.empty());
  }

  private KeyStore keyStore(Fields at) throws ConfigException {
    var administrators = new ArrayList<Administrator>();
    for (var one : at.each("administrators")) {
      administrators.add(new Administrator(one.need("name", "a name"), key(one)));
      one.nothingElse();
    }
    var store =
        new KeyStore(
            folder.resolve(at.need("file", "the file of keys, made by: ash gateway keys create")),
            administrators,
            allowance(at));
    at.nothingElse();
    return store;
  }

  private static Allowance allowance(Fields at) throws ConfigException {
    var quotas = new ArrayList<Quota>();
    addQuota(quotas, at, "requestsPerMinute", 60);
    addQuota(quotas, at, "requestsPerHour", 3_600);
    addQuota(quotas, at, "requestsPerDay", DAY);
    var tokens = at.number("tokensPerMinute", 1, Integer.MAX_VALUE);
    return new Allowance(
        quotas,
        tokens.isPresent() ? OptionalLong.of(tokens.getAsInt()) : OptionalLong.empty(),
        at.texts("models"));
  }

  private static void addQuota(List<Quota> quotas, Fields at, String name, int seconds)
      throws ConfigException {
    at.number(name, 1, Parts.MAX_REQUESTS)
        .ifPresent(n -> quotas.add(new Quota(n, Duration.ofSeconds(seconds))));
  }

  private OAuth oauth(Fields at) throws ConfigException {
    var issuer = at.need("issuer", "the iss of its tokens, an address");
    safe(at.path("issuer"), issuer);
    var audience = at.texts("audience");
    if (audience.isEmpty()) {
      throw new ConfigException(
          at.path("audience"), "missing", "the aud of tokens that are meant for this gateway");
    }
    var jwks = Optional.<URI>empty();
    if (at.has("jwksUrl")) {
      jwks =
          Optional.of(safe(at.path("jwksUrl"), at.need("jwksUrl", "where the issuer's keys are")));
    }
    var scopes = at.at("scopes");
    var oauth =
        new OAuth(
            issuer,
            audience,
            jwks,
            scope(scopes, "write", "anthropic:write"),
            scope(scopes, "read", "anthropic:read"),
            at.text("consumerClaim").orElse("sub"),
            at.text("authorities").map(folder::resolve),
            Duration.ofSeconds(at.number("keysKeptSeconds", 1, 86_400).orElse(300)),
            allowance(at));
    scopes.nothingElse();
    at.nothingElse();
    return oauth;
  }

  private static String scope(Fields at, String name, String otherwise) throws ConfigException {
    var scope = at.text(name).orElse(otherwise);
    if (!scope.matches("[\\x21\\x23-\\x5b\\x5d-\\x7e]{1,200}")) {
      throw new ConfigException(at.path(name), scope, "one scope, such as " + otherwise);
    }
    return scope;
  }

  /** Whoever can change what is read there makes tokens that this gateway takes. */
  private static URI safe(String where, String text) throws ConfigException {
    var url = Parts.url(where, text);
    if (!url.getScheme().equals("https") && !Parts.isThisMachine(url.getHost())) {
      throw new ConfigException(where, text, "https; http only on this machine");
    }
    return URI.create(text);
  }

  private static Instant instant(String where, String text) throws ConfigException {
    try {
      return text.length() == "2027-01-01".length()
          ? LocalDate.parse(text).atStartOfDay(ZoneOffset.UTC).toInstant()
          : Instant.parse(text);
    } catch (DateTimeParseException _) {
      throw new ConfigException(where, text, "a day or a time such as 2027-01-01T00:00:00Z");
    }
  }
}
