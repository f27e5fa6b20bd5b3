package dev.ash.config;

import com.typesafe.config.Config;
import java.time.Duration;
import java.util.Locale;

/**
 * What of {@code ash.sandbox} is about the network.
 *
 * @param allow the operator's list, as it was written
 * @param connections of one sandbox at once
 * @param idle a connection over which nothing goes for this long is closed
 * @param walled whether sandboxes have a network of their own; without one nothing is enforced
 */
public record EgressConfig(
    Mode mode, String allow, int connections, Duration idle, boolean walled) {

  /** What sandboxes may reach. */
  public enum Mode {
    NONE,
    RESTRICTED,
    FULL
  }

  /** The bridge inside passes 128 on at once, and some are only told that they are too many. */
  private static final int MOST_CONNECTIONS = 112;

  public EgressConfig {
    Require.that(
        walled || mode != Mode.RESTRICTED,
        "ASH_SANDBOX_NETWORK",
        "restricted with ASH_SANDBOX_ISOLATION=none",
        "isolation by bwrap: agents without isolation have the network of this machine, and no list"
            + " holds them");
    Require.that(
        connections >= 1 && connections <= MOST_CONNECTIONS,
        "ash.sandbox.egress-connections",
        connections,
        "1 to " + MOST_CONNECTIONS);
    Require.that(
        idle.compareTo(Duration.ofSeconds(1)) >= 0, "ash.sandbox.egress-idle", idle, ">= 1s");
  }

  /** Whether sandboxes have a way out that the node holds. */
  public boolean isOpen() {
    return walled && mode != Mode.NONE;
  }

  static EgressConfig from(Config c) {
    return new EgressConfig(
        mode(c.getString("network")),
        c.getString("allow"),
        c.getInt("egress-connections"),
        c.getDuration("egress-idle"),
        c.getString("isolation").equals("bwrap"));
  }

  private static Mode mode(String text) {
    for (var mode : Mode.values()) {
      if (mode.name().toLowerCase(Locale.ROOT).equals(text)) {
        return mode;
      }
    }
    throw new InvalidConfigException(
        "ASH_SANDBOX_NETWORK: " + text + " (expected: none, restricted or full)");
  }
}
