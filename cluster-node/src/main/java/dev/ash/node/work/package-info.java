/**
 * What the queue and the evals have in common: whose work is next, and which texts of agents a
 * database takes.
 */
@NullMarked
package dev.ash.node.work;

import org.jspecify.annotations.NullMarked;
