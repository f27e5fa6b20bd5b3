/**
 * The tables beside the journal: one class a table, plain SQL that runs on every dialect.
 *
 * <p>Start at {@link SessionTable}; {@link DirectoryWriter} is how entities write to it. All
 * methods block and throw {@link dev.ash.persistence.Database.DatabaseException}.
 */
@NullMarked
package dev.ash.persistence.table;

import org.jspecify.annotations.NullMarked;
