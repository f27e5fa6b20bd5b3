package dev.ash.node.auth;

import dev.ash.protocol.id.TenantId;

/**
 * Who is calling, as proven by the API key.
 *
 * @param keyId id of the key's row, or {@code env}
 */
public record Caller(TenantId tenant, String keyId) {}
