/**
 * Evals: questions that an agent is asked, each in a session of its own, and what is thought of the
 * answers. Start at {@link Evals}.
 */
@NullMarked
package dev.ash.node.eval;

import org.jspecify.annotations.NullMarked;
