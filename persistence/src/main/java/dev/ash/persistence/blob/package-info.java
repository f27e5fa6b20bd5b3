/**
 * Contents of files, each stored once under its digest.
 *
 * <p>Start at {@link BlobStore}. What a digest belongs to (a workspace, a deployed folder) is known
 * to whoever wrote it, not here.
 */
@NullMarked
package dev.ash.persistence.blob;

import org.jspecify.annotations.NullMarked;
