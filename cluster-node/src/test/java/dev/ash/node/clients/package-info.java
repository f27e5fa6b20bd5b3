/**
 * The requests of the published clients as they send them, and the answers as they read them
 * (contract 9.1 to 9.4), against one node and against a cluster behind a balancer.
 *
 * <p>Start at {@link dev.ash.node.clients.ClientReplay}.
 */
@NullMarked
package dev.ash.node.clients;

import org.jspecify.annotations.NullMarked;
