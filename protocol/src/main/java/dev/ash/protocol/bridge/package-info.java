/** Frames between a node and the bridge inside a sandbox; both ends build on these. */
@NullMarked
package dev.ash.protocol.bridge;

import org.jspecify.annotations.NullMarked;
