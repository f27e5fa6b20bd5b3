/** Tests of a started node whose processes are killed and whose world is bad. */
@NullMarked
package dev.ash.node.faults;

import org.jspecify.annotations.NullMarked;
