package dev.ash.gateway.dialect;

import dev.ash.gateway.config.ConfigException;
import dev.ash.gateway.config.Fields;
import dev.ash.gateway.config.Findings.Kind;
import dev.ash.gateway.config.Secret;
import dev.ash.gateway.config.SharedLimits;
import dev.ash.gateway.config.SharedLimits.Login;
import dev.ash.gateway.config.SharedLimits.OnFailure;
import dev.ash.gateway.config.SharedLimits.Tls;
import java.time.Duration;
import java.util.Optional;

/**
 * Where Kong's rate-limiting counts: its policy (strategy, in the advanced plugin), and the Redis
 * of the policy redis. Kong 3.6 moved {@code redis_host} and the like into a section; both are in
 * use.
 */
final class KongRedis {
  private static final String[] NAMES = {
    "host",
    "port",
    "username",
    "password",
    "database",
    "timeout",
    "ssl",
    "ssl_verify",
    "server_name"
  };
  private static final int USUAL_AT_KONG = 2_000;
  private static final int SHORTEST_MILLIS = 10;
  private static final int LONGEST_MILLIS = 5_000;

  private final Draft draft;
  private final Fields config;
  private final Fields section;

  private KongRedis(Draft draft, Fields config) throws ConfigException {
    this.draft = draft;
    this.config = config;
    this.section = config.at("redis");
  }

  /** Takes what a plugin's configuration says of it. */
  static void read(Draft draft, Fields config) throws ConfigException {
    new KongRedis(draft, config).read();
  }

  private void read() throws ConfigException {
    var strategy = config.text("strategy");
    var policy = config.text("policy").or(() -> strategy).orElse("local");
    var tolerant = config.flag("fault_tolerant", true);
    switch (policy) {
      case "redis" -> draft.share(section.path(), redis(tolerant));
      case "local" -> {
        // As without a word about it.
      }
      case "cluster" ->
          draft.note(
              Kind.NOT_OFFERED,
              config.path("policy"),
              "counters are shared in Redis only; with cluster each gateway counts by itself");
      default -> throw new ConfigException(config.path("policy"), policy, "local, cluster, redis");
    }
    section.describes(NAMES);
    for (var name : NAMES) {
      config.describes("redis_" + name);
    }
    section.rest(draft.findings);
  }

  private SharedLimits redis(boolean tolerant) throws ConfigException {
    var host = text("host");
    if (host.isEmpty()) {
      throw new ConfigException(section.path("host"), "missing", "where Redis is");
    }
    var password = text("password");
    var user = text("username");
    if (user.isPresent() && password.isEmpty()) {
      draft.note(
          Kind.NOT_OFFERED,
          section.path("username"),
          user.get() + " has no password: nobody logs in to Redis");
    }
    if (has("server_name")) {
      draft.note(
          Kind.NOT_OFFERED,
          section.path("server_name"),
          "the certificate of Redis must be for " + host.get() + " (host)");
    }
    return new SharedLimits(
        host.get(),
        number("port", 1, 65_535, SharedLimits.PORT),
        number("database", 0, 9_999, 0),
        tls(),
        password.map(secret -> new Login(user, new Secret(secret))),
        SharedLimits.USUAL_PREFIX,
        timeout(),
        // As Kong: traffic passes while its store is in trouble, or is refused.
        tolerant ? OnFailure.OPEN : OnFailure.CLOSED);
  }

  private Optional<Tls> tls() throws ConfigException {
    if (!flag("ssl")) {
      return Optional.empty();
    }
    if (!flag("ssl_verify")) {
      draft.note(
          Kind.WRONG_AT_VENDOR,
          section.path("ssl_verify"),
          "false by default: Kong would believe any certificate; here it is checked");
    }
    return Optional.of(new Tls(Optional.empty(), Optional.empty()));
  }

  private Duration timeout() throws ConfigException {
    var usual = (int) SharedLimits.USUAL_TIMEOUT.toMillis();
    var millis = number("timeout", 1, Integer.MAX_VALUE, usual);
    if (!has("timeout")) {
      draft.note(
          Kind.NOTE,
          section.path("timeout"),
          "missing: Kong would wait %d ms; here it is %d ms".formatted(USUAL_AT_KONG, usual));
    }
    var kept = Math.clamp(millis, SHORTEST_MILLIS, LONGEST_MILLIS);
    if (kept != millis) {
      draft.note(
          Kind.NOTE, section.path("timeout"), millis + " ms is " + kept + " ms here (10 to 5000)");
    }
    return Duration.ofMillis(kept);
  }

  private boolean has(String name) {
    return section.has(name) || config.has("redis_" + name);
  }

  private boolean isOld(String name) {
    return !section.has(name) && config.has("redis_" + name);
  }

  private Optional<String> text(String name) throws ConfigException {
    var at = isOld(name) ? config : section;
    var field = isOld(name) ? "redis_" + name : name;
    var text = at.text(field);
    return text.isEmpty()
        ? text
        : Optional.of(draft.expansion.expand(at.path(field), text.get()))
            .filter(said -> !said.isEmpty());
  }

  private int number(String name, int least, int most, int otherwise) throws ConfigException {
    return isOld(name)
        ? config.number("redis_" + name, least, most).orElse(otherwise)
        : section.number(name, least, most).orElse(otherwise);
  }

  private boolean flag(String name) throws ConfigException {
    return isOld(name) ? config.flag("redis_" + name, false) : section.flag(name, false);
  }
}
