/**
 * The way of model calls: out of a sandbox over its own socket, with the credential added outside.
 *
 * <p>Start at {@link ModelProxy} (what others may call) and {@link SocketModelProxy} (the one that
 * runs). A {@link SessionListener} is one session's socket, a {@link ChannelStage} makes a stream
 * of a connection, {@link Forwarding} passes one call on; {@link Headers} and {@link Routes} are
 * the rules of what may pass.
 */
@NullMarked
package dev.ash.node.model;

import org.jspecify.annotations.NullMarked;
