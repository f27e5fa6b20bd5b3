/**
 * What a node measures, and how it is shown to Prometheus.
 *
 * <p>Start at {@link Metrics} (what features tell), then {@link Names} (what operators see). {@link
 * Telemetry} starts Kamon beside the node, not before it: that takes about a second.
 */
@NullMarked
package dev.ash.node.telemetry;

import org.jspecify.annotations.NullMarked;
