/** Tests of this package, on SQLite and on a throw-away PostgreSQL. */
@NullMarked
package dev.ash.persistence.table;

import org.jspecify.annotations.NullMarked;
