package dev.ash.node.model;

import dev.ash.protocol.id.AgentName;
import dev.ash.protocol.id.SessionId;
import dev.ash.protocol.id.TenantId;
import java.util.function.Consumer;

/**
 * Whose calls come in on a socket.
 *
 * @param team whom the tenant puts the cost down to; empty if nobody said
 * @param notices is told, on any thread, what the session's readers should know of its calls
 */
public record Account(
    SessionId session,
    TenantId tenant,
    AgentName agent,
    String team,
    Consumer<ModelNotice> notices) {}
