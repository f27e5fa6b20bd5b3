package dev.ash.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigValueType;
import java.nio.file.Path;
import java.util.Map;

/** All settings of one node, validated. Built once at start-up; a bad value stops the node. */
public record NodeConfig(
    Path dataDir,
    HttpConfig http,
    AuthConfig auth,
    DatabaseConfig database,
    SessionConfig session,
    QueueConfig queue,
    EvalConfig eval,
    SandboxConfig sandbox,
    AgentConfig agent,
    ModelConfig model,
    ClusterConfig cluster) {

  public NodeConfig {
    switch (sandbox.credentials()) {
      case PROXY -> {}
      case ENV -> model.main().requireGivable();
    }
  }

  public static NodeConfig from(Config root) {
    var c = root.getConfig("ash");
    var known = ConfigFactory.parseResources("reference.conf").getConfig("ash");
    refuseUnknownKeys(c, known);
    refuseWhatIsNoNumber(c, known);
    try {
      return read(c);
    } catch (ConfigException e) {
      throw new InvalidConfigException(String.valueOf(e.getMessage()));
    }
  }

  private static NodeConfig read(Config c) {
    var dataDir = Path.of(c.getString("data-dir")).toAbsolutePath().normalize();
    return new NodeConfig(
        dataDir,
        HttpConfig.from(c.getConfig("http")),
        AuthConfig.from(c.getConfig("auth")),
        DatabaseConfig.from(c.getConfig("database"), dataDir),
        SessionConfig.from(c.getConfig("session")),
        QueueConfig.from(c.getConfig("queue")),
        EvalConfig.from(c.getConfig("eval")),
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

  private static void refuseUnknownKeys(Config ash, Config known) {
    var unknown = UnknownKeys.in(ash.root(), known.root(), "ash");
    Require.that(unknown.isEmpty(), "configuration", unknown, "only keys of reference.conf");
  }

  /** The library's own words leave the value out, and most of the key. */
  private static void refuseWhatIsNoNumber(Config ash, Config known) {
    for (var entry : known.entrySet()) {
      if (entry.getValue().valueType() == ConfigValueType.NUMBER) {
        var value = ash.getValue(entry.getKey());
        Require.that(
            isNumber(ash, entry.getKey()),
            "ash." + entry.getKey(),
            value.unwrapped(),
            "a number; set by " + value.origin().description());
      }
    }
  }

  private static boolean isNumber(Config ash, String key) {
    try {
      var _ = ash.getNumber(key);
      return true;
    } catch (ConfigException.WrongType e) {
      return false;
    }
  }
}
