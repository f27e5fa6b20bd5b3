/** One node. {@code Node} wires the features in order; nobody else knows them all. */
@NullMarked
package dev.ash.node;

import org.jspecify.annotations.NullMarked;
