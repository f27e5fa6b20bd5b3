/**
 * Workspaces as they are stored: a manifest of paths, and blobs named by their content.
 *
 * <p>Start at {@link Workspaces}. A deployed agent folder is stored the same way.
 */
@NullMarked
package dev.ash.node.workspace;

import org.jspecify.annotations.NullMarked;
