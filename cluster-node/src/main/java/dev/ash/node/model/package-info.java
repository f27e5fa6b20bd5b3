/**
 * The way of model calls: out of a sandbox over its own socket, with the credential added outside.
 *
 * <p>Start at {@link ModelProxy}.
 */
@NullMarked
package dev.ash.node.model;

import org.jspecify.annotations.NullMarked;
