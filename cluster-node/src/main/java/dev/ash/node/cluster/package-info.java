/**
 * The node as one of several: how it joins and leaves, what the nodes tell one another of their
 * load, which of them owns which sessions, and what operators see and may do.
 *
 * <p>Start at {@link dev.ash.node.cluster.Nodes} (what others may ask), then {@link
 * dev.ash.node.cluster.ShardPlan} (the rules of placement) and {@link
 * dev.ash.node.cluster.ClusterOverrides} (how Pekko is set up). Figures: docs/adr/0012.
 */
@NullMarked
package dev.ash.node.cluster;

import org.jspecify.annotations.NullMarked;
