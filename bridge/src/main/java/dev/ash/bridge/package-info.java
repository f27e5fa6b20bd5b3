/**
 * The program that runs inside a sandbox: starts the agent and passes its lines, runs commands,
 * lists, reads and writes workspace files for the node.
 *
 * <p>Start at {@link Main}, then {@link BridgeServer} (who may speak, and when all ends), then
 * {@link Connection} (what each frame does). Only platform threads: there are few, and most of them
 * sit in reads that would pin a virtual one.
 */
@NullMarked
package dev.ash.bridge;

import org.jspecify.annotations.NullMarked;
