/**
 * A session: one agent conversation, its log, and the sandbox it runs in.
 *
 * <p>Start at {@link Sessions} (what others may call).
 */
@NullMarked
package dev.ash.node.session;

import org.jspecify.annotations.NullMarked;
