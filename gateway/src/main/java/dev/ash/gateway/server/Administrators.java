package dev.ash.gateway.server;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.ash.gateway.config.ConsumerNames;
import dev.ash.gateway.config.GatewayConfig.Administrator;
import dev.ash.gateway.config.GatewayConfig.Allowance;
import java.security.MessageDigest;
import java.util.List;
import java.util.Optional;

/** Who may change the key store over HTTP. */
final class Administrators {
  private static final String METHOD = "administrator";

  private final List<Administrator> all;
  private final Hashes hashes;
  private final SharedCounters shared;

  Administrators(List<Administrator> all, Hashes hashes, SharedCounters shared) {
    this.all = List.copyOf(all);
    this.hashes = hashes;
    this.shared = shared;
  }

  boolean isEmpty() {
    return all.isEmpty();
  }

  Optional<Administrator> withKey(String key) {
    var hash = hashes.hash(key).getBytes(US_ASCII);
    var found = Optional.<Administrator>empty();
    // All are compared, and each one wholly, so that the time tells nothing.
    for (var one : all) {
      if (MessageDigest.isEqual(hash, one.key().hash().getBytes(US_ASCII))) {
        found = Optional.of(one);
      }
    }
    return found;
  }

  /** Whether a request shows a key of one of them, good or not. */
  boolean areShownBy(Shown shown) {
    return shown.keys().stream().anyMatch(key -> withKey(key).isPresent());
  }

  /** One of them, as it is counted and written down. */
  Door.Entry.Known known(String name) {
    return new Door.Entry.Known(
        new Door.Guest(ConsumerNames.ADMINISTRATOR + name, Allowance.unlimited(), shared),
        METHOD,
        Optional.empty());
  }

  static boolean include(Door.Entry.Known known) {
    return known.method().equals(METHOD);
  }
}
