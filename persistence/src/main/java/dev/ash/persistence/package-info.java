/**
 * What a node keeps: one database for journal and tables, and folders of blobs.
 *
 * <p>Start at {@link Database}, then {@link Migrations} (its schema) and {@link DatabaseSettings}
 * (how the journal shares it). Tables are in {@code table}, readers of the journal in {@code
 * journal}, contents of files in {@code blob}. Everything here blocks; call it on {@code
 * blocking-io}.
 */
@NullMarked
package dev.ash.persistence;

import org.jspecify.annotations.NullMarked;
