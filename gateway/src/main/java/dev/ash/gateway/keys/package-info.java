/**
 * Keys that are made, renewed and revoked while a gateway serves.
 *
 * <p>Start at {@link KeyRing} (the rules, pure), then {@link KeyFile} (how they are kept for
 * several programs at once). A key's text exists only in {@link NewKey}.
 */
@NullMarked
package dev.ash.gateway.keys;

import org.jspecify.annotations.NullMarked;
