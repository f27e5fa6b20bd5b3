/** Load drivers. */
@NullMarked
package dev.ash.bench;

import org.jspecify.annotations.NullMarked;
