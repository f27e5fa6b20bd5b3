package dev.ash.node.work;

import dev.ash.protocol.id.TenantId;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Whose work is next: of the tenants that have some, the one that has the least under way, and of
 * these the one that was served longest ago. So a tenant with thousands of items does not keep the
 * others waiting, also where one is done at a time. Belongs to one thread.
 */
public final class FairShare {
  private static final int TENANTS_KEPT = 10_000;

  private final Map<TenantId, Long> served =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<TenantId, Long> eldest) {
          return size() > TENANTS_KEPT;
        }
      };
  private long count;

  /**
   * The tenant to serve.
   *
   * @param waiting by tenant, how much of its work is under way
   */
  public Optional<TenantId> next(Map<TenantId, Integer> waiting) {
    return waiting.entrySet().stream()
        .min(
            Map.Entry.<TenantId, Integer>comparingByValue()
                .thenComparing(Map.Entry::getKey, Comparator.comparingLong(this::lastTime))
                .thenComparing(entry -> entry.getKey().value()))
        .map(Map.Entry::getKey);
  }

  private long lastTime(TenantId tenant) {
    return served.getOrDefault(tenant, 0L);
  }

  /** From now on it was served last. */
  public void served(TenantId tenant) {
    count++;
    served.put(tenant, count);
  }
}
