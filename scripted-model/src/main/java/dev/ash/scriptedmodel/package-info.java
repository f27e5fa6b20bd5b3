/**
 * A Messages API server that answers what the prompt's script says.
 *
 * <p>Start at {@link ScriptedModel}; {@link Conversation} finds the script in what was sent, {@link
 * Answers} decides, {@link Message} is what goes back. Nothing is remembered between calls but
 * counters, so parallel sessions, subagents and a restarted server need no care.
 */
@NullMarked
package dev.ash.scriptedmodel;

import org.jspecify.annotations.NullMarked;
