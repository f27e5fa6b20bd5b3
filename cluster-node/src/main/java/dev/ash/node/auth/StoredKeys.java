package dev.ash.node.auth;

import dev.ash.config.AuthConfig;
import dev.ash.config.Secret;
import dev.ash.persistence.table.ApiKeyTable;
import dev.ash.persistence.table.ApiKeyTable.ApiKeyRow;
import dev.ash.protocol.id.TenantId;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Supplier;

/** Keys in the database, and the one of the environment. Threads may share it. */
public final class StoredKeys implements Keys {
  private static final String ENVIRONMENT_ID = "env";
  private static final String ENVIRONMENT_LABEL = "ASH_API_KEY (environment variable)";
  private static final String BULLETS = "\u2022".repeat(8);
  private static final int SHOWN = 8;

  private final ApiKeyTable table;
  private final Optional<Secret> environmentKey;
  private final KeyHash hash;
  private final CallerCache cache;
  private final InstantSource clock;
  private final Supplier<UUID> ids;
  private final SecureRandom random;
  private final Executor blocking;

  /**
   * The keys of a node.
   *
   * @param trust how long a key that was looked up counts without another look: so long is a key
   *     honoured here that was deleted on another node. On this node a deletion counts at once
   * @param blocking runs what waits for the database
   */
  public StoredKeys(
      ApiKeyTable table,
      AuthConfig config,
      Duration trust,
      InstantSource clock,
      Supplier<UUID> ids,
      SecureRandom random,
      Executor blocking) {
    this.table = table;
    this.environmentKey = config.apiKey();
    this.hash = new KeyHash(config.credentialKeys());
    this.cache = new CallerCache(trust, clock);
    this.clock = clock;
    this.ids = ids;
    this.random = random;
    this.blocking = blocking;
  }

  @Override
  public CompletionStage<Optional<Caller>> authenticate(String key) {
    // No other text can be in the database, and a guess need not cost a look.
    if (!ApiKey.isForm(key)) {
      return CompletableFuture.completedStage(environmentCaller(key));
    }
    var cached = cache.get(KeyHash.plain(key));
    return cached.isPresent()
        ? CompletableFuture.completedStage(cached)
        : CompletableFuture.supplyAsync(() -> lookUp(key), blocking);
  }

  private Optional<Caller> lookUp(String key) {
    var generation = cache.generation();
    var caller =
        hash.candidates(key).stream()
            .flatMap(candidate -> table.findByHash(candidate).stream())
            .findFirst()
            .map(row -> new Caller(row.tenant(), row.id()))
            .or(() -> environmentCaller(key));
    caller.ifPresent(found -> cache.put(KeyHash.plain(key), found, generation));
    return caller;
  }

  private Optional<Caller> environmentCaller(String key) {
    return environmentKey
        .filter(expected -> ConstantTime.equal(key, expected.reveal()))
        .map(_ -> new Caller(TenantId.DEFAULT, ENVIRONMENT_ID));
  }

  @Override
  public CompletionStage<List<Listed>> list(TenantId tenant) {
    return CompletableFuture.supplyAsync(
        () -> {
          var listed = new ArrayList<Listed>();
          environmentKey
              .filter(_ -> tenant.equals(TenantId.DEFAULT))
              .ifPresent(key -> listed.add(environmentRow(key.reveal())));
          for (var row : table.list(tenant)) {
            listed.add(new Listed(row.id(), row.label(), BULLETS, Optional.of(row.createdAt())));
          }
          return List.copyOf(listed);
        },
        blocking);
  }

  /** A short key shows less, so that half of any key stays hidden. */
  private static Listed environmentRow(String key) {
    var shown = key.substring(0, Math.min(SHOWN, key.length() / 2));
    return new Listed(
        ENVIRONMENT_ID, ENVIRONMENT_LABEL, shown + BULLETS.substring(4), Optional.empty());
  }

  @Override
  public CompletionStage<Created> create(TenantId tenant, String label) {
    return CompletableFuture.supplyAsync(
        () -> {
          var key = ApiKey.generate(random).text();
          var id = ids.get().toString();
          table.insert(new ApiKeyRow(id, tenant, hash.of(key), label, clock.instant()));
          return new Created(id, key, tenant);
        },
        blocking);
  }

  @Override
  public CompletionStage<Boolean> delete(TenantId tenant, String id) {
    return CompletableFuture.supplyAsync(
        () -> {
          var deleted = table.delete(tenant, id);
          if (deleted) {
            cache.forget(id);
          }
          return deleted;
        },
        blocking);
  }
}
