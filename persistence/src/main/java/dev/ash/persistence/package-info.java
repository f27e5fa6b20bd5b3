/** Stores journals, tables and blobs. */
@NullMarked
package dev.ash.persistence;

import org.jspecify.annotations.NullMarked;
