package dev.ash.node.credentials;

import dev.ash.config.Secret;
import dev.ash.persistence.table.CredentialTable;
import dev.ash.persistence.table.CredentialTable.CredentialRow;
import dev.ash.protocol.id.TenantId;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Credentials in the database, sealed. Threads may share it. */
public final class StoredCredentials implements Credentials {
  private static final Logger LOG = LoggerFactory.getLogger(StoredCredentials.class);

  private final CredentialTable table;
  private final MasterKeys keys;
  private final InstantSource clock;
  private final Supplier<UUID> ids;
  private final Executor blocking;

  /**
   * The credentials of a node.
   *
   * @param masterKeys the first seals; with none nothing can be stored
   * @param blocking runs what waits for the database
   */
  public StoredCredentials(
      CredentialTable table,
      List<Secret> masterKeys,
      InstantSource clock,
      Supplier<UUID> ids,
      SecureRandom random,
      Executor blocking) {
    this.table = table;
    this.keys = new MasterKeys(masterKeys, random);
    this.clock = clock;
    this.ids = ids;
    this.blocking = blocking;
  }

  /** The names of master keys, the one that seals first; they tell nothing of the keys. */
  public static List<String> keyNames(List<Secret> masterKeys) {
    return new MasterKeys(masterKeys, new SecureRandom()).names();
  }

  /**
   * What seals the variables of sessions, with the same master keys.
   *
   * @param everyNodeOpens whether all nodes that may get a session have the key with a name
   */
  public SealedVariables variables(Predicate<String> everyNodeOpens) {
    return new SealedVariables(keys, everyNodeOpens);
  }

  @Override
  public CompletionStage<Stored> create(TenantId tenant, Type type, Secret key, String label) {
    return keys.areThere()
        ? CompletableFuture.supplyAsync(() -> store(tenant, type, key, label), blocking)
        : CompletableFuture.completedStage(new Stored.NotConfigured());
  }

  private Stored store(TenantId tenant, Type type, Secret key, String label) {
    var id = ids.get().toString();
    var row =
        new CredentialRow(
            id,
            tenant,
            type.wireName(),
            label,
            keys.seal(key, purpose(tenant, id, type.wireName())),
            now(),
            Optional.empty());
    table.insert(row);
    return new Stored.Done(credential(row));
  }

  @Override
  public CompletionStage<List<Credential>> list(TenantId tenant) {
    return CompletableFuture.supplyAsync(
        () -> table.list(tenant).stream().map(StoredCredentials::credential).toList(), blocking);
  }

  @Override
  public CompletionStage<Boolean> delete(TenantId tenant, String id) {
    return CompletableFuture.supplyAsync(() -> table.delete(tenant, id), blocking);
  }

  @Override
  public CompletionStage<Found> find(TenantId tenant, String id) {
    return CompletableFuture.supplyAsync(() -> open(tenant, id), blocking);
  }

  private Found open(TenantId tenant, String id) {
    var row = table.find(tenant, id);
    if (row.isEmpty()) {
      return new Found.Unusable("there is none with this id (it may have been deleted)");
    }
    try {
      var key = open(row.get());
      table.used(id, now());
      return new Found.Usable(type(row.get()), key);
    } catch (UnreadableException e) {
      LOG.warn("Credential {} cannot be used: {}", id, e.getMessage());
      return new Found.Unusable(String.valueOf(e.getMessage()));
    }
  }

  /**
   * Seals with the first master key what was sealed with another one, so that the others can be
   * given up when this has run, and says what none of them opens. Blocks.
   */
  public void reseal() {
    var rows = table.notSealedWith(keys.areThere() ? keys.names().getFirst() : "");
    var unreadable = new TreeSet<String>();
    var resealed = 0;
    for (var row : rows) {
      try {
        var key = open(row);
        resealed += table.replace(row, keys.seal(key, purpose(row))) ? 1 : 0;
      } catch (UnreadableException e) {
        unreadable.add(String.valueOf(e.getMessage()));
      }
    }
    if (resealed > 0) {
      LOG.info(
          "Sealed {} credentials again, with the first key of ASH_CREDENTIAL_KEY ({})",
          resealed,
          keys.names().getFirst());
    }
    unreadable.forEach(why -> LOG.warn("A stored credential cannot be used: {}", why));
  }

  private Secret open(CredentialRow row) throws UnreadableException {
    return keys.open(row.box(), purpose(row));
  }

  /** A box that is moved to another row, or whose row is changed, cannot be opened. */
  private static String purpose(CredentialRow row) {
    return purpose(row.tenant(), row.id(), row.type());
  }

  private static String purpose(TenantId tenant, String id, String type) {
    return id + " " + type + " " + tenant.value();
  }

  private static Credential credential(CredentialRow row) {
    return new Credential(row.id(), type(row), row.label(), row.createdAt(), row.lastUsedAt());
  }

  private static Type type(CredentialRow row) {
    return Type.of(row.type())
        .orElseThrow(() -> new IllegalStateException("credential type " + row.type()));
  }

  /** As it is stored. */
  private Instant now() {
    return clock.instant().truncatedTo(ChronoUnit.MILLIS);
  }
}
