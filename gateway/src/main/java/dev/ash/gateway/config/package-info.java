/**
 * What a gateway of ours is told to do, whatever file said it.
 *
 * <p>Start at {@link GatewayConfig}; {@link ConfigFile} reads our own format, the {@code dialect}
 * package those of other products.
 */
@NullMarked
package dev.ash.gateway.config;

import org.jspecify.annotations.NullMarked;
