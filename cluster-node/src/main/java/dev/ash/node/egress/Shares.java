package dev.ash.node.egress;

import dev.ash.protocol.id.TenantId;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Semaphore;

/**
 * What the sandboxes of one tenant may have in use together: half of what the node has, so that no
 * tenant takes it from all others. Any thread.
 */
final class Shares {
  private final Map<TenantId, Share> taken = new HashMap<>();

  /** The part of a tenant that has a sandbox. */
  static final class Share {
    private static final int LOOKUPS = Lookup.THREADS / 2;
    private static final int PLACES = SocketEgressProxy.MOST_OPEN / 2;

    private final Semaphore lookups = new Semaphore(LOOKUPS);
    private final Semaphore places = new Semaphore(PLACES);
    private int sandboxes;

    Semaphore lookups() {
      return lookups;
    }

    Semaphore places() {
      return places;
    }

    private boolean isIdle() {
      return sandboxes == 0
          && lookups.availablePermits() == LOOKUPS
          && places.availablePermits() == PLACES;
    }
  }

  /** For one more sandbox of a tenant; to be given back with {@link #leave}. */
  synchronized Share enter(TenantId tenant) {
    taken.values().removeIf(Share::isIdle);
    var share = taken.computeIfAbsent(tenant, _ -> new Share());
    share.sandboxes++;
    return share;
  }

  /** One sandbox less. What it still has in use, a slow look-up, counts until it ends. */
  synchronized void leave(TenantId tenant) {
    var share = taken.get(tenant);
    if (share != null) {
      share.sandboxes--;
    }
  }
}
