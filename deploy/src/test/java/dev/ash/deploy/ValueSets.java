package dev.ash.deploy;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** Values as operators of different minds write them. */
final class ValueSets {
  private ValueSets() {}

  static Map<String, Object> of(String name) {
    return Objects.requireNonNull(all().get(name), name);
  }

  static Map<String, Map<String, Object>> all() {
    var sets = new LinkedHashMap<String, Map<String, Object>>();
    sets.put("defaults", Map.of());
    sets.put("existing secret", Map.of("auth", Map.of("existingSecret", "ash-secrets")));
    sets.put(
        "keys and files",
        Map.of(
            "auth",
            Map.of(
                "existingSecret",
                "ash-credentials",
                "secretKeys",
                Map.of("ASH_API_KEY", "api-key"),
                "secretFiles",
                Map.of("ANTHROPIC_API_KEY_FILE", "anthropic"))));
    sets.put(
        "own secret",
        Map.of(
            "auth",
            Map.of(
                "apiKey",
                "canary-api-key-of-values",
                "internalSecret",
                "canary-internal-of-values"),
            "database",
            Map.of("url", "postgres://ash@db/ash")));
    sets.put(
        "existing secret and a URL",
        Map.of(
            "auth",
            Map.of("existingSecret", "ash-secrets"),
            "database",
            Map.of("url", "postgres://ash@db/ash")));
    sets.put("cluster", cluster());
    sets.put(
        "kubernetes-api",
        Map.of(
            "replicas",
            3,
            "database",
            Map.of("existingSecret", "ash-database"),
            "cluster",
            Map.of("discovery", "kubernetes-api"),
            "networkPolicy",
            Map.of(
                "enabled",
                true,
                "kubernetesApi",
                List.of(Map.of("ipBlock", Map.of("cidr", "10.9.0.1/32"))))));
    sets.put(
        "privileged, no disk",
        Map.of(
            "sandbox", Map.of("isolation", "privileged"),
            "persistence", Map.of("enabled", false),
            "podDisruptionBudget", Map.of("enabled", false),
            "topologySpread", Map.of("enabled", false),
            "preStopSeconds", 0,
            "env",
                Map.of(
                    "ASH_MAX_SANDBOXES",
                    50,
                    "ASH_IDLE_TIMEOUT_MS",
                    1_800_000,
                    "ASH_REAL_SDK",
                    true,
                    "VAULT_ADDR",
                    "https://vault:8200")));
    sets.put(
        "numbers as names",
        Map.of(
            "nameOverride",
            "12345",
            "fullnameOverride",
            "ash",
            "podLabels",
            Map.of("team", "7"),
            "serviceMonitor",
            Map.of("enabled", true)));
    sets.put(
        "a policy without clients",
        Map.of("networkPolicy", Map.of("enabled", true, "clients", List.of())));
    return sets;
  }

  /** Three nodes with everything that can be switched on. */
  static Map<String, Object> cluster() {
    return Map.of(
        "replicas",
        3,
        "auth",
        Map.of("existingSecret", "ash-secrets"),
        "database",
        Map.of("existingSecret", "ash-database", "key", "url"),
        "cluster",
        Map.of("tls", Map.of("existingSecret", "ash-cluster-tls")),
        "serviceMonitor",
        Map.of("enabled", true),
        "networkPolicy",
        Map.of(
            "enabled",
            true,
            "monitoring",
            List.of(
                Map.of("namespaceSelector", Map.of("matchLabels", Map.of("team", "monitoring")))),
            "otlp",
            List.of(Map.of("podSelector", Map.of("matchLabels", Map.of("app", "collector"))))));
  }
}
