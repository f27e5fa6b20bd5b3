/** A Messages API server that answers what the prompt's script says. */
@NullMarked
package dev.ash.scriptedmodel;

import org.jspecify.annotations.NullMarked;
