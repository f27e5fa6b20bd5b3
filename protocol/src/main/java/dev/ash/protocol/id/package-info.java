/** Identifiers, parsed once at the edge. */
@NullMarked
package dev.ash.protocol.id;

import org.jspecify.annotations.NullMarked;
