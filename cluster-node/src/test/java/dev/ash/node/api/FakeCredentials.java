package dev.ash.node.api;

import dev.ash.config.Secret;
import dev.ash.node.credentials.Credentials;
import dev.ash.protocol.id.TenantId;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** The default tenant has two credentials; what is created is remembered. */
final class FakeCredentials implements Credentials {
  static final Credential USED =
      new Credential(
          "c2",
          Type.BEDROCK,
          "prod",
          Instant.parse("2026-11-22T01:02:07.938Z"),
          Optional.of(Instant.parse("2026-11-22T01:02:08Z")));
  static final Credential UNUSED =
      new Credential(
          "c1", Type.ANTHROPIC, "", Instant.parse("2026-11-22T01:02:07Z"), Optional.empty());

  final List<Created> created = new ArrayList<>();
  boolean configured = true;
  Found found = new Found.Usable(Type.ANTHROPIC, new Secret("sk-ant-1"));

  record Created(TenantId tenant, Type type, Secret key, String label) {}

  @Override
  public CompletionStage<Stored> create(TenantId tenant, Type type, Secret key, String label) {
    created.add(new Created(tenant, type, key, label));
    return CompletableFuture.completedStage(
        configured
            ? new Stored.Done(
                new Credential(
                    "c3", type, label, Instant.parse("2026-11-22T01:02:08Z"), Optional.empty()))
            : new Stored.NotConfigured());
  }

  @Override
  public CompletionStage<List<Credential>> list(TenantId tenant) {
    return CompletableFuture.completedStage(
        tenant.equals(TenantId.DEFAULT) ? List.of(USED, UNUSED) : List.of());
  }

  @Override
  public CompletionStage<Boolean> delete(TenantId tenant, String id) {
    return CompletableFuture.completedStage(
        tenant.equals(TenantId.DEFAULT) && id.equals(UNUSED.id()));
  }

  @Override
  public CompletionStage<Found> find(TenantId tenant, String id) {
    return CompletableFuture.completedStage(
        tenant.equals(TenantId.DEFAULT) && id.equals(UNUSED.id())
            ? found
            : new Found.Unusable("there is none"));
  }
}
