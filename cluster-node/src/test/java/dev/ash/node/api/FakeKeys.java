package dev.ash.node.api;

import dev.ash.node.auth.Caller;
import dev.ash.node.auth.Keys;
import dev.ash.protocol.id.TenantId;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Two keys: one of the default tenant, one of {@code other}. */
final class FakeKeys implements Keys {
  static final String KEY = "test-key-1";
  static final String OTHER = "test-key-2";

  @Override
  public CompletionStage<Optional<Caller>> authenticate(String key) {
    return CompletableFuture.completedStage(
        switch (key) {
          case KEY -> Optional.of(new Caller(TenantId.DEFAULT, "env"));
          case OTHER -> Optional.of(new Caller(new TenantId("other"), "k2"));
          default -> Optional.empty();
        });
  }

  @Override
  public CompletionStage<List<Listed>> list(TenantId tenant) {
    return CompletableFuture.completedStage(
        List.of(
            new Listed(
                "env", "ASH_API_KEY (environment variable)", "test-key••••", Optional.empty()),
            new Listed(
                "k1", "mine", "••••••••", Optional.of(Instant.parse("2026-11-22T01:02:07.938Z")))));
  }

  @Override
  public CompletionStage<Created> create(TenantId tenant, String label) {
    return CompletableFuture.completedStage(new Created("id-" + label, "ash_new", tenant));
  }

  @Override
  public CompletionStage<Boolean> delete(TenantId tenant, String id) {
    return CompletableFuture.completedStage(id.equals("k1"));
  }
}
