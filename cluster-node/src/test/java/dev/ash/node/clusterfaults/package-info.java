/** Several nodes on one PostgreSQL, as processes that are killed, stopped, cut off and replaced. */
@NullMarked
package dev.ash.node.clusterfaults;

import org.jspecify.annotations.NullMarked;
