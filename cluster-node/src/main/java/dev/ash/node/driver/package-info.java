/**
 * What the node knows of each agent program: how it is started, prompted and understood. Pure:
 * lines in, lines out.
 *
 * <p>Start at {@link AgentDriver}.
 */
@NullMarked
package dev.ash.node.driver;

import org.jspecify.annotations.NullMarked;
