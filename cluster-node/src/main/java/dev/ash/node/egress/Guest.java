package dev.ash.node.egress;

import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;

/** A sandbox that may connect: its rules and what it has in use. Any thread. */
final class Guest {
  /** More lines of a log say nothing new. */
  private static final int MOST_TOLD = 100;

  private static final int LOOKUPS_AT_ONCE = 8;

  private final EgressRules rules;
  private final Consumer<String> log;
  private final Shares.Share tenant;
  private final Semaphore connections;
  private final Semaphore lookups = new Semaphore(LOOKUPS_AT_ONCE);
  private final Set<String> told = new HashSet<>();

  Guest(EgressRules rules, Shares.Share tenant, int connections, Consumer<String> log) {
    this.rules = rules;
    this.tenant = tenant;
    this.connections = new Semaphore(connections);
    this.log = log;
  }

  EgressRules rules() {
    return rules;
  }

  Semaphore connections() {
    return connections;
  }

  /** What it shares with the tenant's other sandboxes. */
  Shares.Share tenant() {
    return tenant;
  }

  Semaphore lookups() {
    return lookups;
  }

  /** The same once more is not told. */
  void tell(String line) {
    synchronized (this) {
      if (told.size() >= MOST_TOLD || !told.add(line)) {
        return;
      }
    }
    log.accept(line);
  }
}
