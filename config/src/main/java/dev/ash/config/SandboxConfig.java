package dev.ash.config;

import com.typesafe.config.Config;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;

/**
 * The {@code ash.sandbox} section.
 *
 * @param isolation {@code bwrap}, or {@code none} for a host that cannot run bubblewrap and whose
 *     operator says so
 * @param bubblewrap the bwrap program
 * @param bridgeHome folder with the bridge's jars and, if it was built, its AOT cache
 * @param warm sandboxes that are kept started for sessions to come, besides those in use
 * @param firstUid first host uid given to sandboxes when the node runs as root
 * @param diskBytes bound of a workspace when it is saved; a sandbox that holds a quarter more is
 *     ended
 * @param diskCheck pause between two looks at what the sandboxes hold
 * @param diskReserveBytes what of the disk the sandboxes leave free; never more than 5 % of it
 * @param egress what sandboxes may reach
 * @param credentials where the model's credential is
 */
public record SandboxConfig(
    String isolation,
    Path bubblewrap,
    Path bridgeHome,
    int maxSandboxes,
    int warm,
    Duration idleTimeout,
    Duration freezeAfter,
    Duration startTimeout,
    Duration scriptTimeout,
    Duration acquireTimeout,
    Duration lease,
    long memoryBytes,
    int cpuPercent,
    int pids,
    long fileBytes,
    long diskBytes,
    Duration diskCheck,
    long diskReserveBytes,
    long tmpBytes,
    int openFiles,
    int firstUid,
    int uidCount,
    EgressConfig egress,
    Credentials credentials) {

  /** Where the operator's credential for the model is shown. */
  public enum Credentials {
    /** Outside, by the model proxy alone. */
    PROXY,
    /** Also in the environment of whatever runs in a sandbox (docs/adr/0025). */
    ENV
  }

  /** Of a small disk the reserve is a twentieth. */
  private static final int SMALLEST_SHARE = 20;

  public SandboxConfig {
    Require.that(
        isolation.equals("bwrap") || isolation.equals("none"),
        "ASH_SANDBOX_ISOLATION",
        isolation,
        "bwrap or none");
    Require.that(maxSandboxes > 0, "ASH_MAX_SANDBOXES", maxSandboxes, "> 0");
    Require.that(warm >= 0 && warm <= 1000, "ASH_WARM_SANDBOXES", warm, "0 to 1000");
    Require.that(idleTimeout.isPositive(), "ASH_IDLE_TIMEOUT_MS", idleTimeout, "> 0");
    Require.that(memoryBytes >= 128L << 20, "ASH_SANDBOX_MEMORY_MB", memoryBytes >> 20, ">= 128");
    Require.that(pids >= 64, "ash.sandbox.pids", pids, ">= 64");
    Require.that(diskBytes > 0, "ash.sandbox.disk-size", diskBytes, "> 0");
    Require.that(diskCheck.isPositive(), "ash.sandbox.disk-check", diskCheck, "> 0");
    Require.that(diskReserveBytes >= 0, "ash.sandbox.disk-reserve", diskReserveBytes, ">= 0");
    Require.that(uidCount > 0, "ash.sandbox.uid-count", uidCount, "> 0");
  }

  /** What a disk must have free for more to be begun, in bytes. */
  public long diskReserve(long diskBytes) {
    return Math.min(diskReserveBytes, diskBytes / SMALLEST_SHARE);
  }

  static SandboxConfig from(Config c) {
    return new SandboxConfig(
        c.getString("isolation"),
        Path.of(c.getString("bubblewrap")),
        Path.of(c.getString("bridge-home")),
        c.getInt("max-sandboxes"),
        c.getInt("warm"),
        Duration.ofMillis(c.getLong("idle-timeout-ms")),
        c.getDuration("freeze-after"),
        c.getDuration("start-timeout"),
        c.getDuration("script-timeout"),
        c.getDuration("acquire-timeout"),
        c.getDuration("lease"),
        c.getLong("memory-mb") << 20,
        c.getInt("cpu-percent"),
        c.getInt("pids"),
        c.getBytes("file-size"),
        c.getBytes("disk-size"),
        c.getDuration("disk-check"),
        c.getBytes("disk-reserve"),
        c.getBytes("tmp-size"),
        c.getInt("open-files"),
        c.getInt("first-uid"),
        c.getInt("uid-count"),
        EgressConfig.from(c),
        credentials(c.getString("credentials")));
  }

  private static Credentials credentials(String text) {
    for (var place : Credentials.values()) {
      if (place.name().toLowerCase(Locale.ROOT).equals(text)) {
        return place;
      }
    }
    throw new InvalidConfigException(
        "ASH_SANDBOX_CREDENTIALS: " + text + " (expected: proxy or env)");
  }
}
