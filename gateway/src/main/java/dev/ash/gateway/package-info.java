/**
 * The commands {@code ash gateway …} and {@code ash claude status}.
 *
 * <p>Start at {@link Main}; the work is done in {@code check} (tools for any gateway), {@code
 * server} (our own) and {@code dialect} (other products' files).
 */
@NullMarked
package dev.ash.gateway;

import org.jspecify.annotations.NullMarked;
