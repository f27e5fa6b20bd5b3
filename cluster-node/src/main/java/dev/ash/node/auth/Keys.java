package dev.ash.node.auth;

import dev.ash.protocol.id.TenantId;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/** API keys (contract/ash-api.md sections 2.15 and 3). Only hashes are stored. */
public interface Keys {

  /** Empty for an unknown key. Compares in constant time. */
  CompletionStage<Optional<Caller>> authenticate(String key);

  /** The tenant's keys, newest first; the environment's key first for the default tenant. */
  CompletionStage<List<Listed>> list(TenantId tenant);

  /** A new key; its plaintext is never shown again. */
  CompletionStage<Created> create(TenantId tenant, String label);

  /** False when the tenant has no such key. Takes effect at once. */
  CompletionStage<Boolean> delete(TenantId tenant, String id);

  record Listed(String id, String label, String keyPrefix, Optional<Instant> createdAt) {}

  record Created(String id, String key, TenantId tenant) {}
}
