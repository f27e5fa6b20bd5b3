/**
 * The node's end of the socket into a sandbox. Every frame that comes out of it is hostile input.
 *
 * <p>Start at {@link Bridge}, then {@link UnixBridges}, then {@code Claims} (what is checked).
 */
@NullMarked
package dev.ash.node.bridge;

import org.jspecify.annotations.NullMarked;
