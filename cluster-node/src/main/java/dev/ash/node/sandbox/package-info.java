/**
 * Sandboxes: a process with bubblewrap around it, its limits and its end.
 *
 * <p>Start at {@link Sandboxes}, then {@link LocalSandboxes} (how one begins and ends), {@link
 * SandboxAssembly} (what it is made of), {@link Bubblewrap} (its walls) and {@link SeccompFilter}.
 * Knows nothing of sessions. The reasons are in docs/adr/0005-sandbox-by-bubblewrap.md.
 */
@NullMarked
package dev.ash.node.sandbox;

import org.jspecify.annotations.NullMarked;
