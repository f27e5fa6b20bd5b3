package dev.ash.deploy;

import java.util.Map;

/**
 * A pod as a NetworkPolicy sees it.
 *
 * @param address its own, in dots
 */
record Pod(
    String address,
    String namespace,
    Map<String, String> namespaceLabels,
    Map<String, String> labels) {
  Pod {
    namespaceLabels = Map.copyOf(namespaceLabels);
    labels = Map.copyOf(labels);
  }
}
