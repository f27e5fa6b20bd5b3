package dev.ash.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.nio.file.Path;
import java.util.Map;

/** All settings of one node, validated. Built once at start-up; a bad value stops the node. */
public record NodeConfig(
    Path dataDir,
    HttpConfig http,
    AuthConfig auth,
    DatabaseConfig database,
    SessionConfig session,
    SandboxConfig sandbox,
    AgentConfig agent,
    ModelConfig model,
    ClusterConfig cluster) {

  public static NodeConfig from(Config root) {
    var c = root.getConfig("ash");
    refuseUnknownKeys(c);
    var dataDir = Path.of(c.getString("data-dir")).toAbsolutePath().normalize();
    return new NodeConfig(
        dataDir,
        HttpConfig.from(c.getConfig("http")),
        AuthConfig.from(c.getConfig("auth")),
        DatabaseConfig.from(c.getConfig("database"), dataDir),
        SessionConfig.from(c.getConfig("session")),
        SandboxConfig.from(c.getConfig("sandbox")),
        AgentConfig.from(c.getConfig("agent")),
        ModelConfig.from(c.getConfig("model")),
        ClusterConfig.from(c.getConfig("cluster")));
  }

  /** The configuration of this process: application.conf, its topic files and the environment. */
  public static Config load() {
    return ConfigFactory.load();
  }

  /** The same with some keys replaced; how tests and the embedding of a node set their values. */
  public static Config load(Map<String, ?> overrides) {
    return ConfigFactory.parseMap(overrides).withFallback(ConfigFactory.load()).resolve();
  }

  private static void refuseUnknownKeys(Config ash) {
    var known = ConfigFactory.parseResources("reference.conf").getConfig("ash").root();
    var unknown = UnknownKeys.in(ash.root(), known, "ash");
    Require.that(unknown.isEmpty(), "configuration", unknown, "only keys of reference.conf");
  }
}
