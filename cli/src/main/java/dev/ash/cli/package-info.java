/**
 * The command line client: everything {@code ash} does that speaks to a server.
 *
 * <p>Start at {@link Main}, then {@link Ash} (the command tree). {@link Settings} is what the
 * environment says, {@link ConfigFile} what was saved, {@link Server} the server that is spoken to,
 * through the client of {@code dev.ash.client}. Everything a server sends may come from hostile
 * code in a sandbox, so it reaches the screen through {@link Terminal} only.
 */
@NullMarked
package dev.ash.cli;

import org.jspecify.annotations.NullMarked;
