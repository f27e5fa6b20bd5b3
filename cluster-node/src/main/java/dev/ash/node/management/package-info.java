/**
 * What operators and probes see of a node and may do to it, on a port of its own: liveness,
 * readiness, the nodes with their shards and sessions, draining, and Pekko's own management.
 *
 * <p>Start at {@link dev.ash.node.management.Management}.
 */
@NullMarked
package dev.ash.node.management;

import org.jspecify.annotations.NullMarked;
