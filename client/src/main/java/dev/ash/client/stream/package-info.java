/**
 * What an agent says and does while it works, as it comes: {@link
 * dev.ash.client.stream.EventStream} gives {@link dev.ash.client.stream.AgentEvent}s over broken
 * connections.
 */
@NullMarked
package dev.ash.client.stream;

import org.jspecify.annotations.NullMarked;
