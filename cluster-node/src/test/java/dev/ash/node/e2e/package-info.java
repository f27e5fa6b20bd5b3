/** Tests of a node in a process of its own, by what a client and an operator see of it. */
@NullMarked
package dev.ash.node.e2e;

import org.jspecify.annotations.NullMarked;
