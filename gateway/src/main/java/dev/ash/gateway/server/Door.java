package dev.ash.gateway.server;

import dev.ash.gateway.config.GatewayConfig;
import dev.ash.gateway.config.GatewayConfig.Access;
import dev.ash.gateway.config.GatewayConfig.Allowance;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Knows callers by their keys and tokens, and counts what each one does. Safe for any thread. */
final class Door {
  private static final int MAX_KEY = 512;
  private static final int MAX_TOKEN = 16 << 10;
  private static final int MAX_ADDRESSES = 10_000;

  /** Consumers that only tokens name; whoever was not seen for longest is counted anew. */
  private static final int MAX_NAMED = 5_000;

  /** A consumer and its counters. */
  static final class Guest {
    private final String name;
    private final Allowance allowance;
    private final List<SlidingWindow> windows;
    private final Optional<TokenWindow> tokens;

    Guest(String name, Allowance allowance) {
      this.name = name;
      this.allowance = allowance;
      this.windows =
          allowance.quotas().stream()
              .map(quota -> new SlidingWindow(quota.requests(), quota.window()))
              .toList();
      this.tokens =
          allowance.tokensPerMinute().isPresent()
              ? Optional.of(new TokenWindow(allowance.tokensPerMinute().getAsLong()))
              : Optional.empty();
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

    /** Counts a request. The verdict is that of the quota with the least room. */
    synchronized Optional<SlidingWindow.Verdict> take(Instant now) {
      var full = windows.stream().map(w -> w.peek(now)).filter(v -> !v.allowed()).findFirst();
      if (full.isPresent()) {
        return full;
      }
      return windows.stream()
          .map(window -> window.take(now))
          .min(java.util.Comparator.comparingInt(SlidingWindow.Verdict::remaining));
    }

    /** When a consumer that used its tokens up may go on; empty when it may now. */
    Optional<Instant> tokensAgainAt(Instant now) {
      return tokens.filter(t -> t.exhausted(now)).map(t -> t.reset(now));
    }

    void used(Instant now, long count) {
      tokens.ifPresent(t -> t.add(now, count));
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
  private final Optional<Guest> anybody;
  private final Map<String, KnownKey> keys = new HashMap<>();
  private final Map<String, Guest> guests = new HashMap<>();
  private final Optional<Tokens> tokens;
  private final int badKeys;
  private final Map<String, SlidingWindow> failures = new Recent<>(MAX_ADDRESSES);
  private final Map<String, Guest> named = new Recent<>(MAX_NAMED);

  /**
   * A door in place of another.
   *
   * @param before whose counters go on, for each consumer that stays and has the same limits
   */
  Door(Access access, GatewayConfig.Limits limits, Optional<Tokens> tokens, Optional<Door> before) {
    this.tokens = tokens;
    hashes = new Hashes(access.pepper());
    badKeys = limits.badKeysPerMinute();
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
      consumer.keys().forEach(key -> keys.put(key.hash(), new KnownKey(guest, key.expires())));
    }
    before.ifPresent(this::goOn);
  }

  private static Guest guest(String name, Allowance allowance, Optional<Guest> before) {
    return before
        .filter(old -> old.allowance.equals(allowance))
        .orElseGet(() -> new Guest(name, allowance));
  }

  private void goOn(Door before) {
    if (badKeys == before.badKeys) {
      synchronized (before.failures) {
        failures.putAll(before.failures);
      }
    }
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

  /** Who sends these credentials; every value that came is given. */
  Entry enter(List<String> authorization, List<String> apiKey, String address, Instant now) {
    if (anybody.isPresent()) {
      return new Entry.Known(anybody.get(), "none", Optional.empty());
    }
    var barred = failures(address).peek(now);
    if (!barred.allowed()) {
      return new Entry.Barred(barred.reset());
    }
    var offered = new ArrayList<String>(apiKey);
    for (var value : authorization) {
      if (!value.regionMatches(true, 0, "Bearer ", 0, 7)) {
        return refused(address, now, "Invalid Authorization header format");
      }
      offered.add(value.substring(7).strip());
    }
    if (offered.isEmpty()) {
      return new Entry.Unknown("Missing Authorization header");
    }
    if (offered.stream().distinct().count() > 1) {
      return refused(address, now, "Several different credentials");
    }
    var key = offered.getFirst();
    if (tokens.isPresent() && key.length() <= MAX_TOKEN && Tokens.isOne(key)) {
      return withToken(tokens.get(), key, address, now);
    }
    if (key.isEmpty() || key.length() > MAX_KEY) {
      return refused(address, now, "Invalid API key");
    }
    var known = keys.get(hashes.hash(key));
    if (known == null || known.expires().filter(end -> !now.isBefore(end)).isPresent()) {
      return refused(address, now, known == null ? "Invalid API key" : "API key has expired");
    }
    return new Entry.Known(
        known.guest(), authorization.isEmpty() ? "x-api-key" : "bearer", Optional.empty());
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
      return named.computeIfAbsent(name, _ -> new Guest(name, issued.oauth().allowance()));
    }
  }

  private Entry refused(String address, Instant now, String message) {
    failures(address).take(now);
    return new Entry.Unknown(message);
  }

  private SlidingWindow failures(String address) {
    synchronized (failures) {
      return failures.computeIfAbsent(
          address, _ -> new SlidingWindow(badKeys, Duration.ofMinutes(1)));
    }
  }
}
