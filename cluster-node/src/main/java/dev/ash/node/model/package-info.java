/**
 * The way of model calls: out of a sandbox over its own socket, with the credential added outside.
 *
 * <p>Start at {@link ModelProxy} (what others may call) and {@link SocketModelProxy} (the one that
 * runs). A {@link dev.ash.node.sandbox.HostSocket} is one session's socket, a {@link ChannelStage}
 * makes a stream of a connection, {@link Forwarding} takes a call and {@link ForwardedCall} passes
 * it on to an {@link Upstream}; {@link Headers} and {@link Routes} are the rules of what may pass.
 * The {@link Meter} keeps the ledger of what was spent, each call of it through a {@link
 * MeteredCall}.
 */
@NullMarked
package dev.ash.node.model;

import org.jspecify.annotations.NullMarked;
