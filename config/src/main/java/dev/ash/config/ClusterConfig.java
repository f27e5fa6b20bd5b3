package dev.ash.config;

import com.typesafe.config.Config;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * The {@code ash.cluster} section: how nodes find and reach one another, and what this one does.
 *
 * @param host address the other nodes use
 * @param remotingPort 0 takes any free one
 * @param shards that the sessions of all nodes are divided into; stored, never to be changed
 * @param roles what this node does
 * @param runner set on a node that hosts sandboxes for coordinators and has no API of its own
 * @param tls certificates of the traffic between nodes; empty is plain TCP
 */
public record ClusterConfig(
    String host,
    int remotingPort,
    int shards,
    Set<Role> roles,
    Formation formation,
    Management management,
    Drain drain,
    Optional<Runner> runner,
    Optional<Tls> tls) {

  /** What a node is there for. */
  public enum Role {
    /** Answers clients. */
    API,
    /** Owns sessions and their sandboxes. */
    SANDBOX;

    /** As the cluster knows it. */
    public String wireName() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** How the node comes into a cluster. */
  public sealed interface Formation {
    /** A cluster of one. */
    record Alone() implements Formation {}

    /** Through known nodes; the first of them may found the cluster. */
    record Seeds(List<Peer> nodes) implements Formation {
      public Seeds {
        nodes = List.copyOf(nodes);
      }
    }

    /**
     * By asking a directory which nodes there are.
     *
     * @param method {@code config} or {@code kubernetes-api}
     * @param service name to look up; with {@code kubernetes-api} the value of the pods' app label
     * @param contactPoints management addresses, for {@code config}
     * @param required so many must be found before a cluster is founded
     */
    record Bootstrap(String method, String service, List<Peer> contactPoints, int required)
        implements Formation {
      public Bootstrap {
        contactPoints = List.copyOf(contactPoints);
      }
    }
  }

  /** A host and a port. */
  public record Peer(String host, int port) {
    /** Reads {@code host:port}. */
    public static Peer of(String setting, String text) {
      var colon = text.lastIndexOf(':');
      var digits = text.substring(colon + 1);
      Require.that(
          colon > 0 && digits.matches("\\d{1,5}") && Integer.parseInt(digits) <= 65535,
          setting,
          text,
          "host:port, comma separated");
      return new Peer(text.substring(0, colon), Integer.parseInt(digits));
    }

    @Override
    public String toString() {
      return host + ":" + port;
    }
  }

  /** Where operators and probes look. */
  public record Management(String host, int port) {}

  /**
   * How a node leaves that was told to.
   *
   * @param notice how long readiness says no before the API closes, so that load balancers see it
   * @param limit how long turns may run on before they are handed over
   */
  public record Drain(Duration notice, Duration limit) {}

  /**
   * A node of the contract's runner kind.
   *
   * @param server the coordinator's URL, asked for the cluster's nodes when no seeds are set
   */
  public record Runner(String id, Optional<String> server, Optional<String> advertiseHost) {}

  /** PEM files; both sides of every connection show a certificate of the same authority. */
  public record Tls(Path certificate, Path key, Path authority) {}

  public ClusterConfig {
    roles = Set.copyOf(roles);
    Require.that(!roles.isEmpty(), "ASH_ROLES", roles, "api, sandbox or both");
    Require.that(
        remotingPort >= 0 && remotingPort <= 65535,
        "ASH_REMOTING_PORT",
        remotingPort,
        "0 to 65535");
    Require.that(
        management.port() >= 0 && management.port() <= 65535,
        "ASH_MANAGEMENT_PORT",
        management.port(),
        "0 to 65535");
    Require.that(!drain.notice().isNegative(), "ash.cluster.drain.notice", drain.notice(), ">= 0s");
    Require.that(!drain.limit().isNegative(), "ash.cluster.drain.limit", drain.limit(), ">= 0s");
  }

  /** Whether other nodes may be there. */
  public boolean isClustered() {
    return switch (formation) {
      case Formation.Alone _ -> false;
      case Formation.Seeds _, Formation.Bootstrap _ -> true;
    };
  }

  public boolean has(Role role) {
    return roles.contains(role);
  }

  static ClusterConfig from(Config c) {
    var host = c.getString("host");
    var runner = runner(c.getConfig("runner"));
    var managementHost = c.getString("management.host");
    return new ClusterConfig(
        host,
        c.getInt("remoting-port"),
        c.getInt("shards"),
        roles(c, runner.isPresent()),
        formation(c),
        new Management(
            managementHost.isEmpty() ? host : managementHost, c.getInt("management.port")),
        new Drain(c.getDuration("drain.notice"), c.getDuration("drain.limit")),
        runner,
        tls(c.getConfig("tls")));
  }

  private static Set<Role> roles(Config c, boolean runner) {
    var named = Lists.commaSeparated(c.getString("roles"));
    if (!named.isEmpty()) {
      var roles = new TreeSet<Role>();
      for (var name : named) {
        roles.add(role(name));
      }
      return roles;
    }
    var mode = c.getString("mode");
    return switch (mode) {
      case "standalone" -> runner ? Set.of(Role.SANDBOX) : Set.of(Role.API, Role.SANDBOX);
      case "coordinator" -> Set.of(Role.API);
      case String other ->
          throw new InvalidConfigException(
              "ASH_MODE: " + other + " (expected: standalone or coordinator)");
    };
  }

  private static Role role(String name) {
    for (var role : Role.values()) {
      if (role.wireName().equals(name)) {
        return role;
      }
    }
    throw new InvalidConfigException("ASH_ROLES: " + name + " (expected: api, sandbox or both)");
  }

  private static Formation formation(Config c) {
    var seeds =
        Lists.commaSeparated(c.getString("seeds")).stream()
            .map(text -> Peer.of("ASH_CLUSTER_SEEDS", text))
            .toList();
    var method = c.getString("discovery.method");
    Require.that(
        method.equals("none") || method.equals("config") || method.equals("kubernetes-api"),
        "ASH_CLUSTER_DISCOVERY",
        method,
        "none, config or kubernetes-api");
    if (method.equals("none")) {
      return seeds.isEmpty() ? new Formation.Alone() : new Formation.Seeds(seeds);
    }
    Require.that(
        seeds.isEmpty(), "ASH_CLUSTER_SEEDS", seeds, "nothing when ASH_CLUSTER_DISCOVERY is set");
    var points =
        Lists.commaSeparated(c.getString("discovery.contact-points")).stream()
            .map(text -> Peer.of("ASH_CLUSTER_CONTACT_POINTS", text))
            .toList();
    Require.that(
        method.equals("config") == !points.isEmpty(),
        "ASH_CLUSTER_CONTACT_POINTS",
        points,
        "management addresses, with ASH_CLUSTER_DISCOVERY=config only");
    var required = c.getInt("discovery.required-contact-points");
    Require.that(required > 0, "ASH_CLUSTER_REQUIRED_CONTACT_POINTS", required, "> 0");
    return new Formation.Bootstrap(method, c.getString("discovery.service"), points, required);
  }

  private static Optional<Runner> runner(Config c) {
    return c.getBoolean("enabled")
        ? Optional.of(new Runner(c.getString("id"), text(c, "server"), text(c, "advertise-host")))
        : Optional.empty();
  }

  private static Optional<Tls> tls(Config c) {
    var certificate = text(c, "certificate-file");
    var key = text(c, "key-file");
    var authority = text(c, "authority-file");
    var given = List.of(certificate, key, authority).stream().filter(Optional::isPresent).count();
    Require.that(
        given == 0 || given == 3,
        "ASH_CLUSTER_TLS_CERT, ASH_CLUSTER_TLS_KEY, ASH_CLUSTER_TLS_CA",
        given + " of them",
        "all three or none");
    return given == 0
        ? Optional.empty()
        : Optional.of(
            new Tls(
                Path.of(certificate.orElseThrow()),
                Path.of(key.orElseThrow()),
                Path.of(authority.orElseThrow())));
  }

  private static Optional<String> text(Config c, String key) {
    return Optional.of(c.getString(key)).filter(text -> !text.isEmpty());
  }
}
