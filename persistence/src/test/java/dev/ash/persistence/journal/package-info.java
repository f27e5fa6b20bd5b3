/** Tests of this package, on SQLite and on a throw-away PostgreSQL. */
@NullMarked
package dev.ash.persistence.journal;

import org.jspecify.annotations.NullMarked;
