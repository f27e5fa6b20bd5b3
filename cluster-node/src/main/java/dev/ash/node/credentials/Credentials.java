package dev.ash.node.credentials;

import dev.ash.config.Secret;
import dev.ash.protocol.id.TenantId;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/**
 * Stored credentials (contract/ash-api.md sections 1.7 and 2.11). A credential of another tenant is
 * one that does not exist.
 */
public interface Credentials {

  CompletionStage<Stored> create(TenantId tenant, Type type, Secret key, String label);

  /** Newest first. */
  CompletionStage<List<Credential>> list(TenantId tenant);

  /** False when the tenant has no such credential. What uses it is refused from now on. */
  CompletionStage<Boolean> delete(TenantId tenant, String id);

  /** The secret itself, to be used; the use is noted. */
  CompletionStage<Found> find(TenantId tenant, String id);

  /** What a credential is for. */
  enum Type {
    ANTHROPIC,
    OPENAI,
    BEDROCK,
    CUSTOM;

    public String wireName() {
      return name().toLowerCase(Locale.ROOT);
    }

    public static Optional<Type> of(String wireName) {
      return Arrays.stream(values()).filter(type -> type.wireName().equals(wireName)).findFirst();
    }
  }

  /** A credential without its secret. */
  record Credential(
      String id, Type type, String label, Instant createdAt, Optional<Instant> lastUsedAt) {}

  /** Whether a credential could be stored. */
  sealed interface Stored {
    record Done(Credential credential) implements Stored {}

    /** The node has no master key. */
    record NotConfigured() implements Stored {}
  }

  /** Whether a credential can be used. */
  sealed interface Found {
    record Usable(Type type, Secret key) implements Found {}

    /**
     * It cannot.
     *
     * @param why for whoever asks, in words that follow "cannot be used: "
     */
    record Unusable(String why) implements Found {}
  }
}
