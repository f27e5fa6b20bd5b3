package dev.ash.config;

import com.typesafe.config.Config;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The {@code ash.model} section: where model calls go, what is added to them outside the sandbox,
 * what they cost and what they may cost.
 *
 * @param upstreams in the order in which they are asked; the last one takes every call
 * @param allow patterns with {@code *} of the models that may be called; empty allows every one
 * @param cooldown how long an upstream that failed is asked last
 * @param prices the first that matches counts
 */
public record ModelConfig(
    List<UpstreamConfig> upstreams,
    List<String> allow,
    Optional<VaultConfig> vault,
    AwsConfig aws,
    Duration callTimeout,
    Duration cooldown,
    List<PriceConfig> prices,
    List<BudgetConfig> budgets) {

  public ModelConfig {
    upstreams = List.copyOf(upstreams);
    allow = List.copyOf(allow);
    prices = List.copyOf(prices);
    budgets = List.copyOf(budgets);
    var names = new HashSet<String>();
    for (var upstream : upstreams) {
      Require.that(
          names.add(upstream.name()),
          "ash.model.upstreams",
          "two named " + upstream.name(),
          "names that differ, and not main");
    }
  }

  static ModelConfig from(Config c) {
    var upstreams = new ArrayList<UpstreamConfig>();
    var aws = AwsConfig.from(c.getConfig("aws"));
    c.getConfigList("upstreams").forEach(u -> upstreams.add(UpstreamConfig.from(u, aws)));
    upstreams.add(UpstreamConfig.main(c, aws));
    return new ModelConfig(
        upstreams,
        allow(c.getString("allow")),
        VaultConfig.from(c.getConfig("vault")),
        aws,
        c.getDuration("call-timeout"),
        c.getDuration("cooldown"),
        c.getConfigList("prices").stream().map(PriceConfig::from).toList(),
        BudgetConfig.parse(c.getString("budgets")));
  }

  /** The one that the environment names. */
  public UpstreamConfig main() {
    return upstreams.getLast();
  }

  private static List<String> allow(String text) {
    var patterns = Lists.commaSeparated(text);
    Require.that(
        patterns.stream().allMatch(p -> p.matches("[\\x21-\\x7e]{1,128}"))
            && patterns.isEmpty() == text.isBlank(),
        "ASH_MODEL_ALLOW",
        text,
        "names of models, comma separated; * stands for any text");
    return patterns;
  }

  /** One header a line, or several in a line: a comma separates only before {@code name:}. */
  static Map<String, SecretConfig> headers(String text) {
    var headers = new LinkedHashMap<String, SecretConfig>();
    for (var line : text.split("\\R|,(?=\\s*[!#$%&'*+.^_`|~0-9A-Za-z-]+\\s*:)", -1)) {
      if (line.isBlank()) {
        continue;
      }
      var colon = line.indexOf(':');
      var name = colon < 0 ? "" : line.substring(0, colon).strip();
      Require.that(
          name.matches("[!#$%&'*+.^_`|~0-9A-Za-z-]+"),
          "ANTHROPIC_CUSTOM_HEADERS",
          colon < 0 ? "a part without a colon" : "name \"" + name + "\"",
          "Name: value, one a line");
      headers.put(
          name,
          SecretConfig.of("ANTHROPIC_CUSTOM_HEADERS, " + name, line.substring(colon + 1).strip()));
    }
    return headers;
  }
}
