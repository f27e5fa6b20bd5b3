/**
 * Sandboxes: a process with bubblewrap around it, its limits and its end.
 *
 * <p>Start at {@link Sandboxes}. Knows nothing of sessions.
 */
@NullMarked
package dev.ash.node.sandbox;

import org.jspecify.annotations.NullMarked;
