/**
 * Deployed agent folders: content-addressed, versioned, one namespace a tenant.
 *
 * <p>Start at {@link Agents}.
 */
@NullMarked
package dev.ash.node.agents;

import org.jspecify.annotations.NullMarked;
