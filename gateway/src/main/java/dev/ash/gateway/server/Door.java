package dev.ash.gateway.server;

import dev.ash.gateway.config.CertificateName;
import dev.ash.gateway.config.GatewayConfig;
import dev.ash.gateway.config.GatewayConfig.Access;
import dev.ash.gateway.config.GatewayConfig.Allowance;
import dev.ash.gateway.keys.LiveKeys;
import dev.ash.gateway.tls.ClientTrust;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Knows callers by their keys and tokens, and counts what each one does. Safe for any thread. */
final class Door {
  private static final String CERTIFICATE = "mtls";
  private static final String NO_KEY = "none";
  private static final int MAX_KEY = 512;
  private static final int MAX_TOKEN = 16 << 10;

  /** Consumers that only tokens name; whoever was not seen for longest is counted anew. */
  private static final int MAX_NAMED = 5_000;

  /** A consumer and its counters. */
  static final class Guest {
    private final String name;
    private final Allowance allowance;
    private final Counters counters;
    private final SharedCounters shared;

    Guest(String name, Allowance allowance, SharedCounters shared) {
      this.name = name;
      this.allowance = allowance;
      this.counters = new Counters(allowance);
      this.shared = shared;
    }

    String name() {
      return name;
    }

    boolean mayUse(String model) {
      return allowance.models().isEmpty()
          || allowance.models().stream()
              .anyMatch(pattern -> dev.ash.gateway.config.Parts.matches(pattern, model));
    }

    boolean isHeldToModels() {
      return !allowance.models().isEmpty();
    }

    /** Counts a request if it may go on. */
    Admission admit(Instant now) {
      return shared.admit(name, allowance, counters, now);
    }

    void used(Instant now, long count) {
      shared.used(name, allowance, counters, now, count);
    }
  }

  /** Who is there. */
  sealed interface Entry {
    /**
     * Let in.
     *
     * @param scopes what a token allows; a key allows everything
     */
    record Known(Guest guest, String method, Optional<Set<String>> scopes) implements Entry {
      public Known {
        scopes = scopes.map(Set::copyOf);
      }

      boolean may(String scope) {
        return scopes.isEmpty() || scopes.get().contains(scope);
      }
    }

    record Unknown(String message) implements Entry {}

    /** Whether the token is good cannot be found out now. */
    record Unknowable() implements Entry {}

    /** Too many wrong keys came from this address. */
    record Barred(Instant until) implements Entry {}
  }

  private record KnownKey(Guest guest, Optional<Instant> expires) {}

  private final Hashes hashes;
  private final SharedCounters shared;
  private final Optional<Guest> anybody;
  private final Map<String, KnownKey> keys = new HashMap<>();
  private final Map<String, Guest> guests = new HashMap<>();
  private final Optional<Tokens> tokens;
  private final BadKeys badKeys;
  private final Map<String, Guest> named = new Recent<>(MAX_NAMED);
  private final Optional<Stored> stored;
  private final Map<CertificateName, Guest> certificates = new HashMap<>();
  private final Optional<ClientTrust> trust;
  private final Administrators administrators;

  /** Keys of a store, and those of their consumers whom nothing else names. */
  private record Stored(LiveKeys keys, Allowance allowance, Map<String, Guest> guests) {}

  /**
   * A door in place of another.
   *
   * @param before whose counters go on, for each consumer that stays and has the same limits
   */
  Door(
      Access access,
      GatewayConfig.Limits limits,
      Optional<Tokens> tokens,
      Optional<LiveKeys> live,
      Optional<ClientTrust> trust,
      SharedCounters shared,
      Optional<Door> before) {
    this.shared = shared;
    this.tokens = tokens;
    this.trust = trust;
    var store = access.keyStore();
    stored =
        live.flatMap(l -> store.map(s -> new Stored(l, s.allowance(), new Recent<>(MAX_NAMED))));
    hashes = new Hashes(access.pepper());
    administrators =
        new Administrators(
            store.map(GatewayConfig.KeyStore::administrators).orElse(List.of()), hashes, shared);
    badKeys = new BadKeys(limits.badKeysPerMinute());
    anybody =
        access.open()
            ? Optional.of(
                guest(
                    "anonymous",
                    access.consumers().isEmpty()
                        ? Allowance.unlimited()
                        : access.consumers().getFirst().allowance(),
                    before.flatMap(old -> old.anybody)))
            : Optional.empty();
    for (var consumer : access.consumers()) {
      var name = consumer.name();
      var guest =
          guest(
              name,
              consumer.allowance(),
              before.flatMap(old -> Optional.ofNullable(old.guests.get(name))));
      guests.put(name, guest);
      consumer.certificates().forEach(one -> certificates.put(one, guest));
      consumer.keys().forEach(key -> keys.put(key.hash(), new KnownKey(guest, key.expires())));
    }
    before.ifPresent(this::goOn);
  }

  private Guest guest(String name, Allowance allowance, Optional<Guest> before) {
    return before
        .filter(old -> old.allowance.equals(allowance))
        .orElseGet(() -> new Guest(name, allowance, shared));
  }

  private void goOn(Door before) {
    if (stored.isPresent() && before.stored.isPresent()) {
      var old = before.stored.get();
      if (old.allowance().equals(stored.get().allowance())) {
        synchronized (old.guests()) {
          stored.get().guests().putAll(old.guests());
        }
      }
    }
    badKeys.goOn(before.badKeys);
    var allowance = tokens.map(t -> t.oauth().allowance());
    if (allowance.isPresent()) {
      synchronized (before.named) {
        before.named.forEach(
            (name, guest) -> {
              if (guest.allowance.equals(allowance.get())) {
                named.put(name, guest);
              }
            });
      }
    }
  }

  Optional<Tokens> tokens() {
    return tokens;
  }

  Optional<LiveKeys> liveKeys() {
    return stored.map(Stored::keys);
  }

  /** Whether anybody may change the key store over HTTP. */
  boolean isAdministered() {
    return !administrators.isEmpty();
  }

  /** Who wants to change the key store; wrong keys bar an address as a caller's do. */
  Entry administrator(Shown shown, String address, Instant now) {
    var objection = objection(shown, now);
    if (objection.isPresent()) {
      return new Entry.Unknown(objection.get());
    }
    return switch (offer(shown, address, now)) {
      case Offer.None(var entry) -> entry;
      case Offer.Key(var key) -> administrator(key, address, now);
    };
  }

  /** Whoever administers without a key. */
  Entry.Known keylessAdministrator(String name) {
    return administrators.known(name);
  }

  /**
   * An administrator by its key, or else a caller. Whoever is known without a key and shows one
   * that is nobody's may be guessing an administrator's, so it counts as a wrong one.
   */
  Entry anybody(Shown shown, String address, Instant now) {
    var offered = shown.keys();
    var barred = badKeys.of(address).peek(now);
    if (!offered.isEmpty() && !barred.allowed()) {
      return new Entry.Barred(barred.reset());
    }
    if (administrators.areShownBy(shown)) {
      return administrator(shown, address, now);
    }
    var entry = enter(shown, address, now);
    if (entry instanceof Entry.Known(_, var method, _)
        && (method.equals(NO_KEY) || method.equals(CERTIFICATE))
        && offered.stream().anyMatch(this::isNobodys)) {
      badKeys.of(address).take(now);
    }
    return entry;
  }

  private boolean isNobodys(String key) {
    if (key.length() > MAX_KEY || (tokens.isPresent() && Tokens.isOne(key))) {
      // A token is no guess of a key.
      return false;
    }
    var hash = hashes.hash(key);
    return !keys.containsKey(hash) && stored(hash).isEmpty();
  }

  private Entry administrator(String key, String address, Instant now) {
    var found = administrators.withKey(key);
    if (found.isEmpty()) {
      return refused(address, now, "Invalid administrator key");
    }
    if (found.get().key().expires().filter(end -> !now.isBefore(end)).isPresent()) {
      return refused(address, now, "Administrator key has expired");
    }
    return administrators.known(found.get().name());
  }

  /**
   * Who sends these credentials. A certificate that names a consumer is enough, whatever key comes
   * with it: Claude Code always sends one.
   */
  Entry enter(Shown shown, String address, Instant now) {
    var objection = objection(shown, now);
    if (objection.isPresent()) {
      return new Entry.Unknown(objection.get());
    }
    var certified = certified(shown.certificates());
    if (certified.size() > 1) {
      return new Entry.Unknown("Client certificate names several consumers");
    }
    if (!certified.isEmpty()) {
      return new Entry.Known(certified.getFirst(), CERTIFICATE, Optional.empty());
    }
    if (anybody.isPresent()) {
      return new Entry.Known(anybody.get(), NO_KEY, Optional.empty());
    }
    return switch (offer(shown, address, now)) {
      case Offer.None(var entry) -> entry;
      case Offer.Key(var key) ->
          tokens.isPresent() && key.length() <= MAX_TOKEN && Tokens.isOne(key)
              ? withToken(tokens.get(), key, address, now)
              : withKey(
                  key, shown.authorization().isEmpty() ? "x-api-key" : "bearer", address, now);
    };
  }

  /** What a request shows, or what is said to one that shows nothing to look at. */
  private sealed interface Offer {
    record Key(String text) implements Offer {
      @Override
      public String toString() {
        return "Key[***]";
      }
    }

    record None(Entry entry) implements Offer {}
  }

  private Optional<String> objection(Shown shown, Instant now) {
    return trust.flatMap(t -> t.objection(shown.certificates(), now));
  }

  /** Every consumer that the client's own certificate names. */
  private List<Guest> certified(List<X509Certificate> chain) {
    return chain.stream()
        .limit(1)
        .flatMap(own -> CertificateName.in(own).stream())
        .flatMap(name -> Optional.ofNullable(certificates.get(name)).stream())
        .distinct()
        .toList();
  }

  private Offer offer(Shown shown, String address, Instant now) {
    var barred = badKeys.of(address).peek(now);
    if (!barred.allowed()) {
      return new Offer.None(new Entry.Barred(barred.reset()));
    }
    var offered = new ArrayList<String>(shown.apiKey());
    for (var value : shown.authorization()) {
      if (!value.regionMatches(true, 0, "Bearer ", 0, 7)) {
        return new Offer.None(refused(address, now, "Invalid Authorization header format"));
      }
      offered.add(value.substring(7).strip());
    }
    if (offered.isEmpty()) {
      return new Offer.None(new Entry.Unknown("Missing Authorization header"));
    }
    if (offered.stream().distinct().count() > 1) {
      return new Offer.None(refused(address, now, "Several different credentials"));
    }
    return new Offer.Key(offered.getFirst());
  }

  private Entry withKey(String key, String method, String address, Instant now) {
    if (key.isEmpty() || key.length() > MAX_KEY) {
      return refused(address, now, "Invalid API key");
    }
    var hash = hashes.hash(key);
    var known = Optional.ofNullable(keys.get(hash)).or(() -> stored(hash));
    if (known.isEmpty()) {
      return refused(address, now, "Invalid API key");
    }
    if (known.get().expires().filter(end -> !now.isBefore(end)).isPresent()) {
      return refused(address, now, "API key has expired");
    }
    return new Entry.Known(known.get().guest(), method, Optional.empty());
  }

  /** A key of the store that nobody revoked. */
  private Optional<KnownKey> stored(String hash) {
    return stored.flatMap(
        store ->
            store
                .keys()
                .find(hash)
                .filter(key -> key.revoked().isEmpty())
                .map(
                    key -> new KnownKey(guest(key.consumer(), store), Optional.of(key.expires()))));
  }

  private Guest guest(String name, Stored store) {
    var guest = guests.get(name);
    if (guest != null) {
      return guest;
    }
    synchronized (store.guests()) {
      return store.guests().computeIfAbsent(name, _ -> new Guest(name, store.allowance(), shared));
    }
  }

  private Entry withToken(Tokens issued, String token, String address, Instant now) {
    return switch (issued.look(token)) {
      case Tokens.Verdict.Good(var consumer, var scopes) ->
          new Entry.Known(guest(consumer, issued), "jwt", Optional.of(scopes));
      // One that has expired comes from somebody who was let in yesterday.
      case Tokens.Verdict.Bad(var message, var genuine) ->
          genuine ? new Entry.Unknown(message) : refused(address, now, message);
      case Tokens.Verdict.Unknowable() -> new Entry.Unknowable();
    };
  }

  private Guest guest(String name, Tokens issued) {
    var guest = guests.get(name);
    if (guest != null) {
      return guest;
    }
    synchronized (named) {
      return named.computeIfAbsent(name, _ -> new Guest(name, issued.oauth().allowance(), shared));
    }
  }

  private Entry refused(String address, Instant now, String message) {
    badKeys.of(address).take(now);
    return new Entry.Unknown(message);
  }
}
