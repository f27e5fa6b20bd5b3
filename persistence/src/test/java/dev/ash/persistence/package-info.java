/** Tests of the database, on SQLite and on a throw-away PostgreSQL. */
@NullMarked
package dev.ash.persistence;

import org.jspecify.annotations.NullMarked;
