package dev.ash.deploy;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.StreamSupport;

/**
 * A NetworkPolicy as rules of the kernel's packet filter, for the network namespace of one pod:
 * what a network plugin does, with the meaning that Kubernetes documents. Pure.
 *
 * <p>What is denied is refused at once and not dropped, so that a test need not wait to see it.
 */
final class PacketRules {
  private final JsonNode spec;
  private final Pod subject;
  private final List<Pod> world;

  private PacketRules(JsonNode spec, Pod subject, List<Pod> world) {
    this.spec = spec;
    this.subject = subject;
    this.world = world;
  }

  /**
   * A ruleset in nft's language; one without a rule where the policy does not select the pod.
   *
   * @param world every pod that selectors may find
   */
  static String of(JsonNode policy, Pod subject, List<Pod> world) {
    var rules = new PacketRules(policy.path("spec"), subject, world);
    return "flush ruleset\n" + (rules.selected() ? rules.table() : "");
  }

  private boolean selected() {
    return matches(spec.path("podSelector"), subject.labels());
  }

  private String table() {
    var text = new StringBuilder("table inet pod {\n");
    if (has("Ingress")) {
      text.append(chain("input", rules("ingress", "from", "saddr"), ""));
    }
    if (has("Egress")) {
      // Refusals of the other chain have to get out.
      text.append(
          chain("output", rules("egress", "to", "daddr"), "    tcp flags & rst == rst accept\n"));
    }
    return text.append("}\n").toString();
  }

  /** Not given, it is Ingress, and Egress if there are rules for that. */
  private boolean has(String type) {
    if (!spec.has("policyTypes")) {
      return type.equals("Ingress") || spec.has("egress");
    }
    return stream(spec.path("policyTypes")).anyMatch(t -> t.asText().equals(type));
  }

  private static String chain(String hook, List<String> rules, String first) {
    var text =
        new StringBuilder("  chain pod_%s {\n".formatted(hook))
            .append("    type filter hook %s priority 0; policy accept;\n".formatted(hook))
            .append(
                "    meta %s lo accept\n".formatted(hook.equals("input") ? "iifname" : "oifname"))
            .append("    ct state established,related accept\n")
            .append(first);
    rules.forEach(rule -> text.append("    ").append(rule).append('\n'));
    return text.append("    meta l4proto tcp reject with tcp reset\n    reject\n  }\n").toString();
  }

  private List<String> rules(String direction, String peers, String side) {
    var rules = new ArrayList<String>();
    for (var rule : spec.path(direction)) {
      for (var addresses : addresses(rule, peers)) {
        var from = addresses.isEmpty() ? "" : "ip " + side + " " + addresses + " ";
        if (rule.path("ports").isEmpty()) {
          rules.add(from + "accept");
        }
        for (var port : rule.path("ports")) {
          rules.add(from + port(port) + " accept");
        }
      }
    }
    return rules;
  }

  /** One empty text: everybody. None: nobody. */
  private List<String> addresses(JsonNode rule, String peers) {
    if (rule.path(peers).isEmpty()) {
      return List.of("");
    }
    var all = new ArrayList<String>();
    for (var peer : rule.path(peers)) {
      if (peer.has("ipBlock")) {
        var except =
            stream(peer.at("/ipBlock/except")).map(JsonNode::asText).reduce((a, b) -> a + ", " + b);
        if (except.isPresent()) {
          throw new IllegalArgumentException(
              "ipBlock.except: " + except.get() + " (expected: none)");
        }
        all.add(peer.at("/ipBlock/cidr").asText());
      } else {
        world.stream().filter(pod -> isPeer(peer, pod)).map(Pod::address).forEach(all::add);
      }
    }
    return all;
  }

  private boolean isPeer(JsonNode peer, Pod pod) {
    var inNamespace =
        peer.has("namespaceSelector")
            ? matches(peer.path("namespaceSelector"), pod.namespaceLabels())
            : pod.namespace().equals(subject.namespace());
    return inNamespace && matches(peer.path("podSelector"), pod.labels());
  }

  /** An empty selector, or one that is not there, finds all. */
  private static boolean matches(JsonNode selector, Map<String, String> labels) {
    var named =
        selector.path("matchLabels").properties().stream()
            .allMatch(l -> l.getValue().asText().equals(labels.get(l.getKey())));
    if (selector.has("matchExpressions")) {
      throw new IllegalArgumentException("matchExpressions: set (expected: matchLabels alone)");
    }
    return named;
  }

  private static String port(JsonNode port) {
    if (!port.path("port").isInt() || port.has("endPort")) {
      throw new IllegalArgumentException("port: " + port + " (expected: one number)");
    }
    var protocol = Optional.ofNullable(port.get("protocol")).map(JsonNode::asText).orElse("TCP");
    return switch (protocol) {
      case "TCP" -> "tcp dport " + port.path("port").asInt();
      case "UDP" -> "udp dport " + port.path("port").asInt();
      case String other -> throw new IllegalArgumentException("protocol: " + other);
    };
  }

  private static java.util.stream.Stream<JsonNode> stream(JsonNode list) {
    return StreamSupport.stream(list.spliterator(), false);
  }
}
