package dev.ash.gateway.config;

import dev.ash.gateway.tls.Pem;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * A Redis in which several gateways count their callers together.
 *
 * @param login as whom; nobody where Redis asks for no password
 * @param keyPrefix before each name in Redis, so that others can use it too
 * @param timeout the longest that a call waits for it
 */
public record SharedLimits(
    String host,
    int port,
    int database,
    Optional<Tls> tls,
    Optional<Login> login,
    String keyPrefix,
    Duration timeout,
    OnFailure onFailure) {
  public static final int PORT = 6379;
  public static final Duration USUAL_TIMEOUT = Duration.ofMillis(250);
  public static final String USUAL_PREFIX = "ash:limits:";

  /**
   * TLS to Redis, whose certificate has to have its name.
   *
   * @param authorities the platform's where empty
   * @param identity the gateway's own certificate: Redis asks for one unless told otherwise
   */
  public record Tls(Optional<Path> authorities, Optional<Pem.Identity> identity) {}

  /**
   * Who the gateway is there.
   *
   * @param user the one that Redis calls default where empty
   */
  public record Login(Optional<String> user, Secret password) {}

  /** What becomes of calls while Redis does not answer. */
  public enum OnFailure {
    /** Each gateway counts by itself, so the limit is one for each of them. */
    LOCAL,
    /** Everybody passes. */
    OPEN,
    /** Everybody who has a limit is answered 503. */
    CLOSED
  }

  /** Where it is, as messages name it. */
  public String address() {
    var name = host.contains(":") && !host.startsWith("[") ? "[" + host + "]" : host;
    return (tls.isPresent() ? "rediss" : "redis") + "://" + name + ":" + port + "/" + database;
  }
}
