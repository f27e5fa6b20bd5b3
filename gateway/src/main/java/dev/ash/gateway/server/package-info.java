/**
 * A gateway in front of a Messages API: who may call, how often, what goes through, what is written
 * down.
 *
 * <p>Start at {@link GatewayServer}, then {@link Edge} (one request) and {@link Relay} (its way
 * upstream).
 */
@NullMarked
package dev.ash.gateway.server;

import org.jspecify.annotations.NullMarked;
