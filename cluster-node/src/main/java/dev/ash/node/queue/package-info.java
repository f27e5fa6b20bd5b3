/**
 * Prompts that wait for an agent, and the loop that runs them.
 *
 * <p>Start at {@link Queue}, then {@link QueueRules}, which says what becomes of an attempt. An
 * attempt is an ordinary message to an ordinary session, sent with a key of its own: whoever goes
 * on with it after a crash, on any node, repeats its steps and changes nothing.
 */
@NullMarked
package dev.ash.node.queue;

import org.jspecify.annotations.NullMarked;
