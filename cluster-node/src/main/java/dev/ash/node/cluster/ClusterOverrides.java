package dev.ash.node.cluster;

import dev.ash.config.ClusterConfig;
import dev.ash.config.ClusterConfig.Formation;
import dev.ash.config.ClusterConfig.Role;
import dev.ash.config.DatabaseConfig;
import dev.ash.config.InvalidConfigException;
import dev.ash.config.NodeConfig;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Pekko's settings that follow from {@code ash.cluster}; what never changes is in cluster.conf. */
public final class ClusterOverrides {
  /** Room for what the drain does besides waiting. */
  private static final Duration DRAIN_SLACK = Duration.ofSeconds(10);

  private ClusterOverrides() {}

  /**
   * Keys to put over the configuration files before the actor system starts.
   *
   * @param version of this program; nodes of the newest one are preferred in a rolling upgrade
   * @param masterKeys names of the keys that this node opens with
   */
  public static Map<String, Object> of(NodeConfig config, String version, List<String> masterKeys) {
    var cluster = config.cluster();
    var keys = new HashMap<String, Object>();
    keys.put(
        "pekko.cluster.roles",
        Stream.concat(
                cluster.roles().stream().map(Role::wireName).sorted(),
                KeyHolders.roles(masterKeys).stream())
            .toList());
    keys.put("pekko.cluster.app-version", version);
    keys.put("pekko.management.http.hostname", cluster.management().host());
    keys.put("pekko.management.http.port", cluster.management().port());
    keys.put(
        "pekko.coordinated-shutdown.phases.before-service-unbind.timeout",
        cluster.drain().notice().plus(cluster.drain().limit()).plus(DRAIN_SLACK));
    downing(config, keys);
    discovery(cluster, keys);
    cluster.tls().ifPresent(tls -> tls(tls, keys));
    return keys;
  }

  private static void downing(NodeConfig config, Map<String, Object> keys) {
    var resolver = "pekko.cluster.split-brain-resolver.";
    switch (config.database()) {
      case DatabaseConfig.Sqlite _ -> {
        if (config.cluster().isClustered()) {
          throw new InvalidConfigException(
              "ASH_DATABASE_URL: nothing (expected: postgres://user:password@host:port/database;"
                  + " the nodes of a cluster share one database)");
        }
        keys.put(resolver + "active-strategy", "keep-majority");
      }
      case DatabaseConfig.Postgres _ -> {
        // Two nodes survive the loss of either, and of two halves only one goes on.
        keys.put(resolver + "active-strategy", "lease-majority");
        keys.put(resolver + "lease-majority.lease-implementation", "ash-lease");
        keys.put("ash-lease.lease-class", PostgresLease.class.getName());
      }
    }
  }

  private static void discovery(ClusterConfig cluster, Map<String, Object> keys) {
    var method =
        switch (cluster.formation()) {
          case Formation.Alone _, Formation.Seeds _ -> "config";
          case Formation.Bootstrap bootstrap -> {
            bootstrap(bootstrap, keys);
            yield bootstrap.method();
          }
        };
    keys.put("pekko.discovery.method", method);
  }

  private static void bootstrap(Formation.Bootstrap bootstrap, Map<String, Object> keys) {
    var discovery = "pekko.management.cluster.bootstrap.contact-point-discovery.";
    keys.put(discovery + "service-name", bootstrap.service());
    keys.put(discovery + "required-contact-point-nr", bootstrap.required());
    var endpoints =
        bootstrap.contactPoints().stream()
            .map(point -> Map.of("host", point.host(), "port", point.port()))
            .toList();
    keys.put(
        "pekko.discovery.config.services",
        Map.of(bootstrap.service(), Map.of("endpoints", endpoints)));
    if (bootstrap.method().equals("kubernetes-api")) {
      keys.put("pekko.discovery.kubernetes-api.pod-label-selector", "app=%s");
      // A node is known by its pod's address; names of pods are not in every cluster's DNS.
      keys.put("pekko.discovery.kubernetes-api.use-raw-ip", true);
    }
    // Contact points may have different ports, as several nodes of one machine do.
    keys.put("pekko.management.cluster.bootstrap.contact-point.filter-on-fallback-port", false);
  }

  private static void tls(ClusterConfig.Tls tls, Map<String, Object> keys) {
    var artery = "pekko.remote.artery.";
    keys.put(artery + "transport", "tls-tcp");
    keys.put(
        artery + "ssl.ssl-engine-provider",
        "org.apache.pekko.remote.artery.tcp.ssl.RotatingKeysSSLEngineProvider");
    var engine = artery + "ssl.rotating-keys-engine.";
    keys.put(engine + "cert-file", tls.certificate().toString());
    keys.put(engine + "key-file", tls.key().toString());
    keys.put(engine + "ca-cert-file", tls.authority().toString());
  }
}
