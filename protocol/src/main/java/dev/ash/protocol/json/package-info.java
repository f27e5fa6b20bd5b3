/** The one JSON mapper of code that reads or writes JSON trees. */
@NullMarked
package dev.ash.protocol.json;

import org.jspecify.annotations.NullMarked;
