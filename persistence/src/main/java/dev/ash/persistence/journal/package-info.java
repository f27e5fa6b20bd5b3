/**
 * Reads of the journal that do not go through an entity.
 *
 * <p>Start at {@link SessionLog}. Nothing here writes: the only writer of a journal is its entity.
 */
@NullMarked
package dev.ash.persistence.journal;

import org.jspecify.annotations.NullMarked;
