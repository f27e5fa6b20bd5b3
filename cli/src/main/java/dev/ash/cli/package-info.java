/** The {@code ash} command. */
@NullMarked
package dev.ash.cli;

import org.jspecify.annotations.NullMarked;
